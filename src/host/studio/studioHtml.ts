/** Where the page's files are, as the page may address them. */
export interface PageUris {
  /** Folder of the bundle and of what the page fetches. */
  readonly root: string
  /** What the editor calls its own resources in a content security policy. */
  readonly cspSource: string
}

/**
 * The page. Nothing runs but the bundle (by nonce) and the worker that it makes from a blob; nothing is fetched but the
 * extension's own files; WebAssembly may be compiled, `eval` may not run.
 */
export function studioHtml({ root, cspSource }: PageUris, nonce: string, language: string): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}' 'wasm-unsafe-eval'`,
    `worker-src blob:`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} blob: data:`,
    `connect-src ${cspSource}`,
  ].join('; ')
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escape(root)}/icons.css" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="${escape(root)}/page.css">
<title>Inkling Studio</title>
</head>
<body data-root="${escape(root)}">
<main id="studio" aria-busy="true"></main>
<script nonce="${nonce}" src="${escape(root)}/page.js"></script>
</body>
</html>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
