import { asciiDoc } from './asciiDoc'
import { commitBox, commitMessage } from './commit'
import { CodeComments } from './comments'
import { commentSyntaxes } from './commentSyntax'
import { latex } from './latex'
import { Markdown } from './markdown'
import type { ProseLanguage } from './place'
import { plainText } from './plain'
import { restructuredText } from './restructuredText'

const documents: ReadonlyMap<string, () => ProseLanguage> = new Map<string, () => ProseLanguage>([
  ['plaintext', () => plainText],
  ...['markdown', 'mdx', 'quarto', 'rmd', 'juliamarkdown', 'prompt', 'instructions', 'chatagent', 'skill'].map((id) => [id, () => new Markdown()] as const),
  ['latex', latex],
  ['tex', latex],
  ['restructuredtext', restructuredText],
  ['asciidoc', asciiDoc],
  ['git-commit', commitMessage],
  ['scminput', commitBox],
])

/** The rules for each language identifier; an instance keeps what was parsed of the documents that were seen last. */
export class ProseLanguages {
  private readonly made = new Map<string, ProseLanguage>()

  /** @returns undefined for a language without a known place for prose */
  find(languageId: string): ProseLanguage | undefined {
    const known = this.made.get(languageId)
    if (known) return known
    const language = make(languageId)
    if (language) this.made.set(languageId, language)
    return language
  }
}

function make(languageId: string): ProseLanguage | undefined {
  const syntax = commentSyntaxes.get(languageId)
  return documents.get(languageId)?.() ?? (syntax && new CodeComments(syntax))
}

/** What prose there is in documents of this language, if any is known. */
export function kindOf(languageId: string): ProseLanguage['kind'] | undefined {
  if (documents.has(languageId)) return 'document'
  return commentSyntaxes.has(languageId) ? 'comments' : undefined
}
