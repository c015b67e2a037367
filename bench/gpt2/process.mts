import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Ended {
  /** What it printed. */
  readonly lines: readonly string[]
  /** From its start to the first line that it printed. */
  readonly firstLineMs: number
  /** Share of the processors that other programs took meanwhile, 0 to 1; undefined where it cannot be told. */
  readonly others: number | undefined
}

/** Runs a program to its end. Rejects with the end of what it said when it fails, or is not there. */
export function run([program = '', ...args]: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const before = busyTicks()
    const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let complaints = ''
    let firstLineMs = NaN
    let own = 0
    const watch = setInterval(() => (own = ownTicks(child.pid) ?? own), 200)
    child.stdout.on('data', (chunk: Buffer) => {
      if (Number.isNaN(firstLineMs)) firstLineMs = performance.now() - began
      output += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4000)))
    child.on('error', (error) => {
      clearInterval(watch)
      reject(error)
    })
    child.on('close', (code) => {
      clearInterval(watch)
      const after = busyTicks()
      if (code !== 0) return reject(new Error(complaints.trim().split('\n').slice(-3).join(' | ') || `${program} ended with ${code}`))
      const others = before && after && own > 0 ? Math.max(0, after.busy - before.busy - own) / (after.all - before.all) : undefined
      resolve({ lines: output.trim().split('\n'), firstLineMs, others })
    })
  })
}

/** Since the machine started, of all processors. */
function busyTicks(): { busy: number; all: number } | undefined {
  try {
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '').split(' ').map(Number)
    const busy = user + nice + system + irq + softirq + steal
    return { busy, all: busy + idle + wait }
  } catch {
    return undefined
  }
}

function ownTicks(pid: number | undefined): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // Its own, and those of programs that it has waited for: user and system.
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0)
  } catch {
    return undefined
  }
}
