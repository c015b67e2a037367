import * as vscode from 'vscode'
import type { Outcomes } from '../engine/devices/chooseDevice'
import { deviceLine } from './deviceLine'
import { statusView, type StatusInput, type StatusView } from './statusView'

interface MenuItem extends vscode.QuickPickItem {
  readonly command?: string
}

/**
 * The menu behind the status item: what is happening, and what can be done about it.
 * @param devices what was measured; undefined where the model is not of this machine
 */
export async function showStatusMenu(input: StatusInput, devices: Outcomes | undefined): Promise<void> {
  const { l10n } = vscode
  const view = statusView(input)
  const items: MenuItem[] = [
    firstItem(view, input),
    ...(input.server === undefined ? [] : [
      { label: `$(warning) ${l10n.t('Your text is sent to {host}', { host: input.server })}`, detail: l10n.t('Write with this machine instead'), command: 'inkling.server.useThisMachine' },
    ]),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    input.snoozedMs > 0
      ? { label: `$(bell) ${l10n.t('Wake up suggestions')}`, command: 'inkling.wake' }
      : { label: `$(bell-slash) ${l10n.t('Snooze suggestions…')}`, command: 'inkling.snooze' },
    { label: `$(circle-slash) ${l10n.t('Turn suggestions on or off…')}`, command: 'inkling.toggleSuggestions' },
    { label: `$(edit) ${l10n.t('Continue writing')}`, command: 'inkling.continueWriting' },
    { label: `$(list-selection) ${l10n.t('Show alternatives')}`, command: 'inkling.showAlternatives' },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(package) ${l10n.t('Choose model…')}`, command: 'inkling.selectModel' },
    ...(devices ? [{ label: `$(dashboard) ${l10n.t('Measure devices again')}`, detail: deviceLine(devices), command: 'inkling.measureDevices' }] : []),
    { label: `$(remote) ${l10n.t('Use a server…')}`, command: 'inkling.server.choose' },
    { label: `$(refresh) ${l10n.t('Restart engine')}`, command: 'inkling.restartEngine' },
    { label: `$(gear) ${l10n.t('Open settings')}`, command: 'inkling.openSettings' },
    { label: `$(output) ${l10n.t('Show log')}`, command: 'inkling.showLog' },
  ]
  const picked = await vscode.window.showQuickPick(items, { title: 'Inkling', placeHolder: l10n.t('Choose what to do') })
  if (picked?.command) await vscode.commands.executeCommand(picked.command)
}

/** What is happening: the model that runs, or what is wrong and how it is mended. */
function firstItem({ icon, detail, facts, remedy }: StatusView, input: StatusInput): MenuItem {
  const { l10n } = vscode
  const label = `$(${icon}) ${l10n.t(detail, facts)}`
  if (remedy === undefined) return { label, detail: modelLine(input) }
  return { label, detail: l10n.t(remedy.hint), ...(remedy.kind === 'command' ? { command: remedy.command } : {}) }
}

function modelLine({ engine }: StatusInput): string {
  if (engine.kind !== 'running' || engine.load?.kind !== 'loaded') return vscode.l10n.t('The model is loaded when it is first needed.')
  const { description, contextLength, loadMs } = engine.load.loaded
  if ('host' in description) return vscode.l10n.t('{name} on {host}', { name: description.name, host: description.host })
  const { parameters } = description
  return vscode.l10n.t('{name}, {precision} on {device}, context {context} tokens, loaded in {ms} ms', {
    name: parameters === undefined ? description.name : vscode.l10n.t('{name}: {millions} M parameters', { name: description.name, millions: (parameters / 1e6).toFixed(1) }),
    precision: description.precision,
    device: description.device,
    context: contextLength,
    ms: Math.round(loadMs),
  })
}
