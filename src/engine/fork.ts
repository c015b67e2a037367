import { fork } from 'node:child_process'
import type { IDisposable } from '../base/lifecycle'
import { narrowVectors } from './lanes/wideVectors'
import type { ExitKind, StartEngine } from './process'
import type { FromEngine, ToEngine } from './protocol'

/**
 * Every token walks through all weights: with large pages the processor looks up fewer addresses on the way. glibc asks Linux
 * for them on this word; where a machine has none, nothing changes.
 */
export const largePages = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

export interface ForkOptions {
  /** The bundled entry. */
  readonly script: string
  readonly args?: readonly string[]
  /** A Node program to run it with; this process's own when undefined. */
  readonly program?: string | undefined
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** What a child tells its owner. `onExit` is called exactly once, and nothing after it. */
export interface ChildListener<From> {
  onMessage(message: From): void
  /** What it printed to stderr. */
  onOutput(text: string): void
  onExit(reason: string, kind: ExitKind): void
}

/** A child by its channel. Disposing ends it. */
export interface Child<To> extends IDisposable {
  send(message: To): void
}

/** Starts the engine as a process of its own, so that a crash in native code takes nothing else down. @param options asked at each start */
export function forkEngine(options: () => ForkOptions): StartEngine {
  // Whatever an engine died of, the next one does without what V8 calls an experiment.
  let careful = false
  return (listener) => {
    const given = options()
    return forkChild<ToEngine, FromEngine>(careful ? { ...given, env: { ...given.env, ...narrowVectors } } : given, {
      onMessage: (message) => listener.onMessage(message),
      onOutput: (text) => listener.onMessage({ type: 'log', level: 'warn', text: text.trimEnd() }),
      onExit(reason, kind) {
        careful ||= kind === 'died' || kind === 'trapped'
        listener.onExit(reason, kind)
      },
    })
  }
}

/** Starts a process that speaks with this one in messages. */
export function forkChild<To, From>(options: ForkOptions, listener: ChildListener<From>): Child<To> {
  const env: NodeJS.ProcessEnv = { ...largePages, ...process.env, ...options.env }
  // Desktop VS Code's executable is Electron, which is Node only when told so.
  const isElectron = process.versions.electron !== undefined && !options.program
  if (isElectron) env.ELECTRON_RUN_AS_NODE = '1'
  const child = fork(options.script, options.args ?? [], {
    serialization: 'advanced',
    // A debugger port of the host must not be taken twice.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env,
    ...(options.program ? { execPath: options.program } : {}),
  })
  let told = false
  const exited = (reason: string, kind: ExitKind): void => {
    if (told) return
    told = true
    listener.onExit(reason, kind)
  }
  let lastWords = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2000)
    if (!told) listener.onOutput(text)
  })
  child.on('message', (message) => {
    // Both ends are built from one protocol file.
    if (!told) listener.onMessage(message as From)
  })
  child.on('error', (error) => exited(error.message, 'died'))
  child.on('exit', (code, signal) => exited(describeExit(code, signal, lastWords), isElectron && isTrap(code, signal) ? 'trapped' : exitKind(signal)))
  return {
    send(message) {
      // A child that just died answers with ERR_IPC_CHANNEL_CLOSED; its exit settles the call.
      if (child.connected) child.send(message as object, () => {})
    },
    dispose() {
      child.kill('SIGKILL')
    },
  }
}

function describeExit(code: number | null, signal: string | null, lastWords: string): string {
  const how = signal ? `signal ${signal}` : `exit code ${code}`
  const lastLine = lastWords.trim().split('\n').at(-1)
  return lastLine ? `${how}: ${lastLine}` : how
}

/** Windows knows no signals: there a process that somebody ended died. */
function exitKind(signal: string | null): ExitKind {
  if (signal === 'SIGKILL') return 'killed'
  return signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP' ? 'ended' : 'died'
}

/** Windows' codes of a breakpoint, an illegal instruction, and Chromium's own of memory that could not be had. */
const windowsTraps = [0x80000003, 0xc000001d, 0xe0000008]

/** How Chromium's allocator ends a process (`base::ImmediateCrash`, `TerminateBecauseOutOfMemory`), and V8 one that has no memory. */
export function isTrap(code: number | null, signal: string | null): boolean {
  if (signal !== null) return signal === 'SIGTRAP' || signal === 'SIGILL' || signal === 'SIGABRT'
  return code !== null && windowsTraps.includes(code >>> 0)
}
