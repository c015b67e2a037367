import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { hostname } from 'node:os'
import * as path from 'node:path'
import { CancelledError, throwIfCancelled } from '../base/cancellation'
import { InklingError } from '../base/errors'
import { isRecord, own } from '../base/json'
import { guardWrite } from './partFile'

/** How a lock shows that its holder lives, as a value. */
export interface LockTiming {
  /** The holder touches the file this often. */
  readonly beatMs: number
  /** Untouched for this long, by the watcher's own clock, it counts as left behind. */
  readonly staleMs: number
  readonly pollMs: number
}

export const lockTiming: LockTiming = { beatMs: 5000, staleMs: 30_000, pollMs: 300 }

/** Times in a row that a lock which could not be created was not there either. */
const mostVanished = 50

interface Seen {
  readonly token: string
  readonly pid: number | undefined
  readonly host: string | undefined
  readonly touchedMs: number
}

/**
 * A lock among processes, possibly on several machines that share a disk: a file that only one can create. It keeps two
 * windows from doing the same work; what keeps them from harm is that every file is checked before it is used.
 */
export class FileLock {
  private lost = false
  private readonly heart: NodeJS.Timeout

  private constructor(private readonly file: string, private readonly token: string, timing: LockTiming) {
    this.heart = setInterval(() => void this.beat(), timing.beatMs)
    this.heart.unref()
  }

  /**
   * Waits until the lock is free, or its holder is gone.
   * @param onWait called once when somebody else holds it
   * @throws CancelledError
   */
  static async acquire(file: string, signal: AbortSignal, onWait: () => void = () => {}, timing = lockTiming): Promise<FileLock> {
    await guardWrite(file, () => fs.mkdir(path.dirname(file), { recursive: true }))
    const token = randomUUID()
    let watched: Seen | undefined
    let sinceMs = 0
    let vanished = 0
    for (;;) {
      throwIfCancelled(signal)
      if (await create(file, token)) return new FileLock(file, token, timing)
      const seen = await look(file)
      if (!seen) {
        // Released between the two; or nobody holds it, and this user may not create it.
        if (++vanished > mostVanished) throw InklingError.of('file-unwritable', { file, reason: 'it cannot be created' })
        await pause(timing.pollMs / 10, signal)
        continue
      }
      vanished = 0
      const changed = watched?.token !== seen.token || watched.touchedMs !== seen.touchedMs
      if (watched === undefined) onWait()
      if (changed) sinceMs = performance.now()
      watched = seen
      if (holderIsGone(seen) || performance.now() - sinceMs > timing.staleMs) await removeAbandoned(file, seen)
      else await pause(timing.pollMs, signal)
    }
  }

  /** @throws InklingError `model-busy` when somebody has taken the lock, because this process slept for too long */
  async requireHeld(model: string): Promise<void> {
    await this.beat()
    if (this.lost) throw InklingError.of('model-busy', { model })
  }

  async release(): Promise<void> {
    clearInterval(this.heart)
    const seen = await look(this.file)
    if (seen?.token === this.token) await fs.rm(this.file, { force: true })
  }

  private async beat(): Promise<void> {
    const seen = await look(this.file)
    if (seen?.token !== this.token) {
      this.lost = true
      clearInterval(this.heart)
      return
    }
    const now = new Date()
    // Gone in between, or a read-only disk: the next look tells.
    await fs.utimes(this.file, now, now).catch(() => undefined)
  }
}

async function create(file: string, token: string): Promise<boolean> {
  try {
    await fs.writeFile(file, JSON.stringify({ token, pid: process.pid, host: hostname() }), { flag: 'wx' })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Windows says EPERM while a file that was just removed is still open somewhere.
    if (code === 'EEXIST' || code === 'EPERM') return false
    return guardWrite(file, () => Promise.reject(error as Error))
  }
}

/** Who holds the lock; undefined when nobody does. */
async function look(file: string): Promise<Seen | undefined> {
  try {
    const { mtimeMs } = await fs.stat(file)
    const value = parse(await fs.readFile(file, 'utf8'))
    const [token, pid, host] = [own(value, 'token'), own(value, 'pid'), own(value, 'host')]
    return {
      token: typeof token === 'string' ? token : '',
      pid: typeof pid === 'number' ? pid : undefined,
      host: typeof host === 'string' ? host : undefined,
      touchedMs: mtimeMs,
    }
  } catch {
    // Released between the two.
    return undefined
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    // Written half when its process died, or just now being written: then it changes or grows old.
    return {}
  }
}

function holderIsGone({ pid, host }: Seen): boolean {
  if (pid === undefined || host !== hostname()) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/** Takes an abandoned lock away. Moving it aside is atomic, so of several who try one succeeds; a lock that is not the abandoned one goes back. */
async function removeAbandoned(file: string, seen: Seen): Promise<void> {
  const aside = `${file}.${randomUUID()}`
  try {
    await fs.rename(file, aside)
  } catch {
    // Another has just done it.
    return
  }
  const moved = await look(aside)
  if (moved !== undefined && moved.token !== seen.token) await fs.link(aside, file).catch(() => undefined)
  await fs.rm(aside, { force: true })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => (signal.removeEventListener('abort', cancel), resolve()), ms)
    const cancel = (): void => (clearTimeout(timer), reject(new CancelledError()))
    signal.addEventListener('abort', cancel, { once: true })
  })
}
