import * as os from 'node:os'
import { FileLock } from '../../library/fileLock'
import type { ModelSpec } from '../protocol'

/** A place among those who measure, to be left again. */
export interface TrialPlace {
  leave(): Promise<void>
}

/** What a process takes before it has a model, with room for what it computes. */
const processBytes = 512 * 1024 * 1024

/** The model on the device, and on the processor beside it while the self-check compares the two. */
const copies = 2

/**
 * Bounds what measuring takes of the machine: of all windows one measures at a time, and only where a model's two further
 * copies fit into what is free.
 */
export class TrialRoom {
  /** @param lock the file that windows agree by */
  constructor(
    private readonly lock: string,
    private readonly freeBytes: () => number = availableBytes,
  ) {}

  /** Waits while another window measures. @returns undefined where memory is short @throws CancelledError, InklingError `file-unwritable` */
  async enter(spec: ModelSpec, signal: AbortSignal): Promise<TrialPlace | undefined> {
    const lock = await FileLock.acquire(this.lock, signal)
    if (this.freeBytes() >= (await trialBytes(spec))) return { leave: () => lock.release() }
    await lock.release()
    return undefined
  }
}

/** Memory that trying a model takes at most. */
export async function trialBytes(spec: ModelSpec): Promise<number> {
  // What reads model files is not worth loading before a window has something to measure.
  const { weightBytes } = await import('../../library/weightBytes')
  return processBytes + copies * (await weightBytes(spec.folder, spec.precision))
}

/** What programs can have without others being pushed out. macOS counts what it would give away at once as used, so there a share of all memory stands for it. */
function availableBytes(): number {
  return process.platform === 'darwin' ? os.totalmem() / 4 : os.freemem()
}
