/** How sure the model must be before something is shown. */
export type Confidence = 'quiet' | 'balanced' | 'eager'

/** What a writer can set about suggestions; plain data, filled from the editor's settings or from the command line. */
export interface CompletionSettings {
  readonly enabled: boolean
  /** Off: only when asked. */
  readonly automatic: boolean
  readonly confidence: Confidence
  /** The most words of one suggestion. */
  readonly maxWords: number
  /** The least time to wait after a keystroke. */
  readonly minDelayMs: number
  readonly inComments: boolean
  /** By language identifier. Of a language that is not named, documents get suggestions, and comments with `inComments`. */
  readonly languages: Readonly<Record<string, boolean>>
  /** The most tokens that the model reads. */
  readonly contextLength: number
}

export const defaultSettings: CompletionSettings = {
  enabled: true,
  automatic: true,
  confidence: 'balanced',
  maxWords: 16,
  minDelayMs: 0,
  inComments: false,
  languages: {
    markdown: true, plaintext: true, latex: true, tex: true, restructuredtext: true, asciidoc: true, 'git-commit': true, scminput: true,
  },
  contextLength: 512,
}

/** What was said about `languageId`, if anything. Own properties only: the object comes from a settings file. */
export function languageSwitch(settings: CompletionSettings, languageId: string): boolean | undefined {
  return Object.hasOwn(settings.languages, languageId) ? settings.languages[languageId] : undefined
}
