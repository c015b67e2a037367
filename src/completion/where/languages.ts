import { Markdown } from './markdown'
import { plainText } from './plain'
import type { ProseLanguage } from './place'

const byIdentifier: ReadonlyMap<string, () => ProseLanguage> = new Map([
  ['plaintext', () => plainText],
  ...['markdown', 'mdx', 'quarto', 'rmd', 'juliamarkdown', 'prompt', 'instructions', 'chatagent', 'skill'].map((id) => [id, () => new Markdown()] as const),
])

/** The rules for each language identifier; an instance keeps what was parsed of the documents that were seen last. */
export class ProseLanguages {
  private readonly made = new Map<string, ProseLanguage>()

  /** @returns undefined for a language without a known place for prose */
  find(languageId: string): ProseLanguage | undefined {
    const known = this.made.get(languageId)
    if (known) return known
    const language = byIdentifier.get(languageId)?.()
    if (language) this.made.set(languageId, language)
    return language
  }
}
