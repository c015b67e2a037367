import { languageSwitch, type CompletionSettings } from './settings'
import type { Silence } from './silence'
import type { TextView } from './textView'
import type { Trigger } from './trigger'

/** A document as the completion sees it. */
export interface CompletionDocument {
  /** Stays the same while the document is open; requests of one document share the model's cache. */
  readonly id: string
  readonly languageId: string
  readonly text: TextView
  readonly readOnly: boolean
}

/** What is going on around the caret, beyond the text. */
export interface Circumstances {
  readonly snoozed: boolean
  readonly hasSelection: boolean
}

/** Documents beyond this many characters are left alone, whatever is asked. */
export const largestDocument = 20 * 1024 * 1024

/** Whether to look at the text at all: the cheap questions, before anything is read. */
export function reasonNotToLook(document: CompletionDocument, settings: CompletionSettings, trigger: Trigger, circumstances: Circumstances): Silence | undefined {
  if (document.text.length > largestDocument) return 'too-large'
  if (document.readOnly) return 'read-only'
  if (circumstances.hasSelection) return 'selection'
  if (trigger.kind === 'explicit') return undefined
  if (!settings.enabled) return 'off'
  if (circumstances.snoozed) return 'snoozed'
  if (languageSwitch(settings, document.languageId) === false) return 'language-off'
  if (!settings.automatic) return 'automatic-off'
  return trigger.edit === 'composing' ? 'composing' : undefined
}

/** Whether to ask the model when nothing is remembered: only after writing. */
export function reasonNotToAsk(trigger: Trigger): Silence | undefined {
  return trigger.kind === 'automatic' && trigger.edit !== 'typed' ? trigger.edit : undefined
}
