import * as vscode from 'vscode'
import { assertNever } from '../base/assertNever'
import type { Outcome, Outcomes } from '../engine/devices/chooseDevice'

/** What was measured on this machine, as one line for the status menu. */
export function deviceLine(outcomes: Outcomes): string {
  const { l10n } = vscode
  const parts = Object.entries(outcomes).map(([device, outcome]) => `${device} ${describe(outcome)}`)
  return parts.length === 0 ? l10n.t('Devices are measured while nobody writes.') : parts.join(' · ')
}

function describe(outcome: Outcome): string {
  const { l10n } = vscode
  switch (outcome.kind) {
    case 'measured':
      return l10n.t('{speed} tokens/s', { speed: outcome.decodeTokensPerSecond < 10 ? outcome.decodeTokensPerSecond.toFixed(1) : Math.round(outcome.decodeTokensPerSecond) })
    case 'failed':
      return l10n.t('cannot be used ({reason})', { reason: outcome.reason })
    case 'interrupted':
      return l10n.t('is measured again later')
    case 'trying':
      return l10n.t('is being measured')
    default:
      return assertNever(outcome)
  }
}
