import { languageSwitch, type CompletionSettings } from './settings'
import { kindOf } from './where/kinds'
import type { ProseLanguage } from './where/place'

/** Whether a document gets suggestions while typing, only when asked for, or never by itself. */
export function modeIn(languageId: string, settings: CompletionSettings): 'on' | 'manual' | 'off' {
  const kind = kindOf(languageId)
  if (!settings.enabled || !kind || !isWanted(languageId, kind, settings)) return 'off'
  return settings.automatic ? 'on' : 'manual'
}

/** What the writer said about the language counts; unsaid, documents are wanted, and comments where they are switched on. */
export function isWanted(languageId: string, kind: ProseLanguage['kind'], settings: CompletionSettings): boolean {
  return languageSwitch(settings, languageId) ?? (kind === 'document' || settings.inComments)
}
