import { modeIn } from '../completion/mode'
import type { CompletionSettings } from '../completion/settings'
import type { KnownDocument } from './documentToBe'
import type { Settings } from './settings'

/** The smallest context of the models that ship; used until the model in use has said its own. */
const contextUntilLoaded = 512

/** What the settings say about suggestions in one document. */
export class Suggestions {
  constructor(
    private readonly settings: Settings,
    private readonly contextLength: () => number | undefined,
  ) {}

  forDocument(document: KnownDocument): CompletionSettings {
    const { settings } = this
    return {
      enabled: settings.get('suggestionsEnabled', document),
      automatic: settings.get('suggestionsAutomatic', document),
      confidence: settings.get('suggestionsConfidence', document),
      maxWords: settings.get('suggestionsMaxWords', document),
      minDelayMs: settings.get('suggestionsDelay', document),
      inComments: settings.get('suggestionsInComments', document),
      languages: settings.get('languages', document),
      contextLength: this.contextLength() ?? contextUntilLoaded,
    }
  }

  /** Whether this document gets suggestions while typing, when asked, or not at all. */
  mode(document: KnownDocument): 'on' | 'manual' | 'off' {
    return modeIn(document.languageId, this.forDocument(document))
  }
}
