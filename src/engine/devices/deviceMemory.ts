import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import * as os from 'node:os'
import * as path from 'node:path'
import { isRecord, own } from '../../base/json'
import { writeAtomically } from '../atomicFile'
import type { Device, Outcome, Outcomes } from './chooseDevice'

/** Nobody tries longer; a process that lives then is another one of the same number. */
const longestTryMs = 10 * 60_000

const devices: readonly Device[] = ['cpu', 'webgpu', 'cuda', 'directml', 'coreml']

/** What tells a trial that goes on from one whose end nobody could note. */
export interface Lives {
  readonly isAlive: (pid: number) => boolean
  /** When the machine was started, as of Date.now(). */
  readonly startedMs: () => number
}

const ofThisMachine: Lives = { isAlive: processIsAlive, startedMs: () => Date.now() - os.uptime() * 1000 }

/**
 * What is known about the devices of this machine, a file for each model and setup. A device is noted before it is tried:
 * if the process that tries it ends, the note is still there. Somebody may have ended that process, so the device is tried
 * once more; it counts as failed when that happens again, or when the machine was started anew since.
 */
export class DeviceMemory {
  constructor(
    private readonly folder: string,
    private readonly lives: Lives = ofThisMachine,
  ) {}

  /** @param setup all that the outcomes depend on, as text */
  async read(setup: string): Promise<Outcomes> {
    return this.parse(await fs.readFile(this.file(setup), 'utf8').catch(() => ''))
  }

  /** Takes back that a device is being tried, at once: for a process that is about to end. */
  takeBack(setup: string, device: Device): void {
    const file = this.file(setup)
    try {
      const { [device]: outcome, ...others } = this.parse(readFileSync(file, 'utf8'))
      if (outcome?.kind === 'trying') writeFileSync(file, JSON.stringify(outcome.again ? { ...others, [device]: { kind: 'interrupted' } } : others))
    } catch {
      // Not there: then there is nothing to take back.
    }
  }

  /** @param outcome undefined forgets the device. @throws InklingError `disk-full`, `file-unwritable`, and what making the folder brings */
  async write(setup: string, device: Device, outcome: Outcome | undefined): Promise<Outcomes> {
    const { [device]: _, ...others } = await this.read(setup)
    const outcomes: Outcomes = outcome === undefined ? others : { ...others, [device]: outcome }
    await fs.mkdir(this.folder, { recursive: true })
    await writeAtomically(this.file(setup), JSON.stringify(outcomes))
    return outcomes
  }

  /** Forgets all that was learnt about a model here. */
  async forget(setup: string): Promise<void> {
    await fs.rm(this.file(setup), { force: true })
  }

  private parse(text: string): Outcomes {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      // Not there or torn: nothing is known.
      return {}
    }
    const outcomes: { [D in Device]?: Outcome } = {}
    for (const device of devices) {
      const outcome = parseOutcome(isRecord(value) ? own(value, device) : undefined)
      if (outcome !== undefined) outcomes[device] = outcome.kind === 'trying' ? this.judge(outcome) : outcome
    }
    return outcomes
  }

  /** What a note says of which nobody knows whether its trial goes on. */
  private judge(trying: Extract<Outcome, { kind: 'trying' }>): Outcome {
    if (trying.sinceMs < this.lives.startedMs()) return { kind: 'failed', reason: 'the machine was started anew while it was tried', crashed: true }
    if (Date.now() - trying.sinceMs <= longestTryMs && this.lives.isAlive(trying.pid)) return trying
    return trying.again ? { kind: 'failed', reason: 'the editor ended twice while it was tried', crashed: true } : { kind: 'interrupted' }
  }

  private file(setup: string): string {
    return path.join(this.folder, `${createHash('sha256').update(setup).digest('hex').slice(0, 32)}.json`)
  }
}

function parseOutcome(value: unknown): Outcome | undefined {
  if (!isRecord(value)) return undefined
  const [kind, reason, pid, sinceMs] = [own(value, 'kind'), own(value, 'reason'), own(value, 'pid'), own(value, 'sinceMs')]
  const [prefillTokensPerSecond, decodeTokensPerSecond] = [own(value, 'prefillTokensPerSecond'), own(value, 'decodeTokensPerSecond')]
  if (kind === 'failed' && typeof reason === 'string') return { kind, reason, ...(own(value, 'crashed') === true ? { crashed: true } : {}) }
  if (kind === 'trying' && typeof pid === 'number' && typeof sinceMs === 'number') return { kind, pid, sinceMs, ...(own(value, 'again') === true ? { again: true } : {}) }
  if (kind === 'interrupted') return { kind }
  if (kind === 'measured' && isSpeed(prefillTokensPerSecond) && isSpeed(decodeTokensPerSecond)) return { kind, prefillTokensPerSecond, decodeTokensPerSecond }
  return undefined
}

function isSpeed(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user may not be signalled, and yet lives.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
