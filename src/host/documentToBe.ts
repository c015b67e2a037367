import * as vscode from 'vscode'

/** What is known of a document: its settings follow from it. */
export type KnownDocument = Pick<vscode.TextDocument, 'uri' | 'languageId'>

/** Languages of files by how their names end. Where the editor takes one for another's, nothing is lost but a head start. */
const languages: Readonly<Record<string, string>> = {
  md: 'markdown', markdown: 'markdown', mdx: 'mdx', qmd: 'quarto', rmd: 'rmd', txt: 'plaintext', tex: 'latex', rst: 'restructuredtext', adoc: 'asciidoc', asciidoc: 'asciidoc',
}

/** The document of a tab that was just opened, which the editor tells of when it has read it: a quarter of a second later. */
export function documentToBe({ input }: vscode.Tab): KnownDocument | undefined {
  if (!(input instanceof vscode.TabInputText)) return undefined
  const ending = /\.([a-z]+)$/i.exec(input.uri.path)?.[1]?.toLowerCase() ?? ''
  const languageId = Object.hasOwn(languages, ending) ? languages[ending] : undefined
  return languageId === undefined ? undefined : { uri: input.uri, languageId }
}
