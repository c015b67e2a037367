import { asciiDoc } from './asciiDoc'
import { commitBox, commitMessage } from './commit'
import { CodeComments } from './comments'
import { commentSyntaxes } from './commentSyntax'
import { isDocumentLanguage, type DocumentLanguage } from './kinds'
import { latex } from './latex'
import { Markdown } from './markdown'
import type { ProseLanguage } from './place'
import { plainText } from './plain'
import { restructuredText } from './restructuredText'

const markdown = (): ProseLanguage => new Markdown()

const documents: Readonly<Record<DocumentLanguage, () => ProseLanguage>> = {
  plaintext: () => plainText,
  markdown,
  mdx: markdown,
  quarto: markdown,
  rmd: markdown,
  juliamarkdown: markdown,
  prompt: markdown,
  instructions: markdown,
  chatagent: markdown,
  skill: markdown,
  latex,
  tex: latex,
  restructuredtext: restructuredText,
  asciidoc: asciiDoc,
  'git-commit': commitMessage,
  scminput: commitBox,
}

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
  if (isDocumentLanguage(languageId)) return documents[languageId]()
  const syntax = commentSyntaxes.get(languageId)
  return syntax && new CodeComments(syntax)
}
