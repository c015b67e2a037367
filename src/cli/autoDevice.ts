import * as path from 'node:path'
import { assertNever } from '../base/assertNever'
import { ChildProber } from '../engine/devices/childProber'
import type { Device, Outcome, Outcomes } from '../engine/devices/chooseDevice'
import { DeviceMemory } from '../engine/devices/deviceMemory'
import { MeasuredDevice, type DeviceNews } from '../engine/devices/measuredDevice'
import { setupOf } from '../engine/devices/setup'
import { softwareDriver } from '../engine/devices/softwareDriver'
import { TrialRoom } from '../engine/devices/trialRoom'
import { knownDevices } from '../engine/onnx/createSession'
import { onnxRuntime } from '../engine/onnx/runtime'
import type { EngineMethod, Params } from '../engine/protocol'
import type { CallScope, Handlers } from '../engine/server'
import { systemClock } from '../engine/systemClock'
import type { Io } from './io'
import { versionOf } from './version'

export function deviceUsage(cache: string): string {
  return `--device auto (the default) is the processor, or another device that was measured to be clearly faster. Where this
machine has one, a model is measured before it is first used, and what was found is kept in
${devicesFolder(cache)}; delete that to measure again. The others are cpu, webgpu, cuda, directml and coreml.`
}

/** A device that takes longer to be ready is of no use to a command. */
const longestTrialMs = 60_000

/** @param root of the package @param cache the folder for what can be made again */
export function autoDevice(root: string, cache: string, io: Io): MeasuredDevice {
  const debug = (text: string): void => void (process.env.INKLING_DEBUG && io.stderr.write(`${text}\n`))
  const folder = devicesFolder(cache)
  return new MeasuredDevice({
    prober: new ChildProber(() => ({ script: path.join(root, 'dist/probe.js') }), systemClock, longestTrialMs, debug),
    memory: new DeviceMemory(folder),
    room: new TrialRoom(path.join(folder, 'measuring.lock')),
    log: debug,
    setupOf: (spec) => setupOf(spec, versionOf(root)),
    candidates,
    tell: (news) => void io.stderr.write(`inkling: ${describe(news)}\n`),
  })
}

/** The engine's calls with the device that `auto` stands for. */
export function withAutoDevice(handlers: Handlers, auto: MeasuredDevice, signal: AbortSignal): Handlers {
  const resolved = <M extends EngineMethod>(method: M) => async (params: Params<M>, scope: CallScope<M>) =>
    handlers[method]({ ...params, model: await auto.resolve(params.model, signal) }, scope)
  return { ...handlers, load: resolved('load'), continue: resolved('continue'), generate: resolved('generate'), score: resolved('score') }
}

/** Without a graphics card nothing can be faster: a program that plays one runs on the processor, too. */
async function candidates(): Promise<readonly Device[]> {
  return (await softwareDriver()) === undefined ? knownDevices(await onnxRuntime()) : []
}

function devicesFolder(cache: string): string {
  return path.join(cache, 'devices')
}

function describe(news: DeviceNews): string {
  switch (news.kind) {
    case 'measuring':
      return `measuring ${news.devices.join(' and ')} for this model, once …`
    case 'measured':
      return `${list(news.outcomes)}; ${news.device} is used`
    case 'unmeasured':
      return `devices could not be measured (${news.reason}); cpu is used`
    default:
      return assertNever(news)
  }
}

function list(outcomes: Outcomes): string {
  const parts = Object.entries(outcomes).map(([device, outcome]) => `${device} ${describeOutcome(outcome)}`)
  return parts.length === 0 ? 'devices are not measured while so little memory is free' : parts.join(', ')
}

function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'measured':
      return `writes ${outcome.decodeTokensPerSecond.toPrecision(3)} tokens/s`
    case 'failed':
      return `cannot be used (${outcome.reason})`
    case 'interrupted':
    case 'trying':
      return 'is not measured yet'
    default:
      return assertNever(outcome)
  }
}
