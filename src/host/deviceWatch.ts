import * as vscode from 'vscode'
import { Disposable } from '../base/lifecycle'
import type { InklingError } from '../base/errors'
import type { EngineClient } from '../engine/client'
import type { AutoDevice } from '../engine/devices/autoDevice'
import type { WritingEngine } from './engineHost'
import type { Speeds } from './library/speeds'
import type { Reporter } from './reporter'

const toldSlow = 'inkling.toldRuntimeSlow'

/** Lets the engine, what is known about devices, and the writer hear of each other. */
export class DeviceWatch extends Disposable {
  /** @param memory what is to be told only once on a machine */
  constructor(client: EngineClient, devices: AutoDevice, speeds: Speeds, private readonly reporter: Reporter, private readonly memory: vscode.Memento) {
    super()
    this.register(client.onState((state) => devices.engineIs(state.kind === 'running' ? state.busy : 0)))
    // Who ended it on purpose, as closing a remote window does, says nothing about a device.
    this.register(client.onDeath(({ models, kind }) => kind !== 'ended' && void devices.engineDied(models)))
    this.register(
      client.onWarning(({ error, model }) => {
        if (error.code === 'runtime-slow') void this.tellSlow(error)
        else {
          void devices.deviceFailed(model, String(error.facts['reason'] ?? error.message))
          reporter.tellOnce(error)
        }
      }),
    )
    this.register(devices.onWarning((warning) => reporter.tellOnce(warning)))
    this.register(
      devices.onChange(({ folder, outcomes, device }) => {
        const outcome = outcomes[device]
        if (outcome?.kind === 'measured') void speeds.note(folder, outcome.decodeTokensPerSecond)
      }),
    )
  }

  /** It will stay so on this machine: once is enough, and the status menu goes on saying where the model runs. */
  private async tellSlow(error: InklingError): Promise<void> {
    if (this.memory.get(toldSlow) === true) return
    await this.memory.update(toldSlow, true)
    this.reporter.tell(error)
  }
}

/** Forgets what was measured for the model in view. */
export async function measureDevicesAgain(engine: WritingEngine): Promise<void> {
  await engine.measureAgain(vscode.window.activeTextEditor?.document.languageId)
  vscode.window.setStatusBarMessage(vscode.l10n.t('The devices are measured when nobody has written for a while.'), 5000)
}
