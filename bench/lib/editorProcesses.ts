/** The processes of an editor's server and what they use, read from Linux's /proc; elsewhere there is nothing to read. */
import { readdirSync, readFileSync } from 'node:fs'

export interface EditorProcess {
  readonly id: number
  readonly role: 'engine' | 'extension host' | 'other'
  /** Processor seconds since its start, user and system. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** Linux counts processor time in hundredths of a second. */
const ticksPerSecond = 100

/** Every process whose environment holds `mark`, which the server was started with and its children inherit. */
export function editorProcesses(mark: string): readonly EditorProcess[] {
  return processIds().flatMap((id) => {
    const read = (name: string): string => readFileSync(`/proc/${id}/${name}`, 'utf8')
    try {
      if (!read('environ').includes(mark)) return []
      return [{ id: Number(id), role: roleOf(read('cmdline')), cpuSeconds: cpuSeconds(read('stat')), residentBytes: residentBytes(read('status')) }]
    } catch {
      // It ended meanwhile, or belongs to somebody else.
      return []
    }
  })
}

function processIds(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function roleOf(commandLine: string): EditorProcess['role'] {
  if (/dist[\\/]engine\.js/.test(commandLine)) return 'engine'
  return commandLine.includes('--type=extensionHost') ? 'extension host' : 'other'
}

/** @param stat proc(5): the name in parentheses may hold spaces; fields 14 and 15 are user and system time */
function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function residentBytes(status: string): number {
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) * 1024
}
