import { commentSyntaxes } from './commentSyntax'

/** Languages whose documents are prose. */
export const documentLanguages = [
  'plaintext', 'markdown', 'mdx', 'quarto', 'rmd', 'juliamarkdown', 'prompt', 'instructions', 'chatagent', 'skill', 'latex', 'tex',
  'restructuredtext', 'asciidoc', 'git-commit', 'scminput',
] as const

export type DocumentLanguage = (typeof documentLanguages)[number]

/** What prose there is in documents of this language, if any is known. */
export function kindOf(languageId: string): 'document' | 'comments' | undefined {
  if (isDocumentLanguage(languageId)) return 'document'
  return commentSyntaxes.has(languageId) ? 'comments' : undefined
}

export function isDocumentLanguage(languageId: string): languageId is DocumentLanguage {
  return (documentLanguages as readonly string[]).includes(languageId)
}
