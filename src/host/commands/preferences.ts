import * as vscode from 'vscode'
import type { Snooze } from '../snooze'

const minute = 60_000

/** Asks how long to be quiet. */
export async function chooseSnooze(snooze: Snooze): Promise<void> {
  const { l10n } = vscode
  const choices = [
    { label: l10n.t('5 minutes'), durationMs: 5 * minute },
    { label: l10n.t('1 hour'), durationMs: 60 * minute },
    { label: l10n.t('Until the window is reloaded'), durationMs: Infinity },
  ]
  const picked = await vscode.window.showQuickPick(choices, { title: l10n.t('Snooze suggestions for') })
  if (picked) snooze.start(picked.durationMs)
}

/** Turns suggestions on or off, for everything or for the language in view. */
export async function toggleSuggestions(): Promise<void> {
  const { l10n } = vscode
  const document = vscode.window.activeTextEditor?.document
  const everywhere = vscode.workspace.getConfiguration('inkling').get('suggestions.enabled') !== false
  const choices = [{ label: everywhere ? l10n.t('Turn off everywhere') : l10n.t('Turn on everywhere'), language: undefined as string | undefined, on: !everywhere }]
  if (document) {
    const here = vscode.workspace.getConfiguration('inkling', document).get<Record<string, boolean>>('suggestions.languages')?.[document.languageId] === true
    choices.push({
      label: here ? l10n.t('Turn off for {language}', { language: document.languageId }) : l10n.t('Turn on for {language}', { language: document.languageId }),
      language: document.languageId,
      on: !here,
    })
  }
  const picked = await vscode.window.showQuickPick(choices, { title: l10n.t('Suggestions') })
  if (!picked) return
  const configuration = vscode.workspace.getConfiguration('inkling')
  if (picked.language === undefined) {
    await configuration.update('suggestions.enabled', picked.on, vscode.ConfigurationTarget.Global)
  } else {
    const switches = configuration.inspect<Record<string, boolean>>('suggestions.languages')?.globalValue
    await configuration.update('suggestions.languages', { ...switches, [picked.language]: picked.on }, vscode.ConfigurationTarget.Global)
  }
}
