import * as vscode from 'vscode'
import { assertNever } from '../base/assertNever'
import type { Outcome, Outcomes } from '../engine/devices/chooseDevice'

/** What was measured on this machine, as one line for the status menu; why a device cannot be used is in the log. */
export function deviceLine(outcomes: Outcomes): string {
  const { l10n } = vscode
  const entries = Object.entries(outcomes)
  const parts = entries.flatMap(([device, outcome]) => (outcome.kind === 'failed' ? [] : [`${device} ${describe(outcome)}`]))
  const failed = entries.filter(([, { kind }]) => kind === 'failed').map(([device]) => device)
  if (failed.length > 0) parts.push(l10n.t('not usable here: {devices}', { devices: failed.join(', ') }))
  return parts.length === 0 ? l10n.t('Devices are measured while nobody writes.') : parts.join(' · ')
}

function describe(outcome: Exclude<Outcome, { kind: 'failed' }>): string {
  const { l10n } = vscode
  switch (outcome.kind) {
    case 'measured':
      return l10n.t('{speed} tokens/s', { speed: outcome.decodeTokensPerSecond < 10 ? outcome.decodeTokensPerSecond.toFixed(1) : Math.round(outcome.decodeTokensPerSecond) })
    case 'interrupted':
      return l10n.t('is measured again later')
    case 'trying':
      return l10n.t('is being measured')
    default:
      return assertNever(outcome)
  }
}
