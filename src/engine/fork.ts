import { fork } from 'node:child_process'
import type { EngineProcess, EngineProcessListener, StartEngine } from './process'
import type { FromEngine } from './protocol'

export interface ForkOptions {
  /** The bundled child entry. */
  readonly script: string
  /** A Node program to run it with; this process's own when undefined. */
  readonly program?: string | undefined
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Starts the engine as a process of its own, so that a crash in native code takes nothing else down. */
export function forkEngine(options: ForkOptions): StartEngine {
  return (listener) => {
    const env: NodeJS.ProcessEnv = { ...process.env, ...options.env }
    // Desktop VS Code's executable is Electron, which is Node only when told so.
    if (process.versions.electron && !options.program) env.ELECTRON_RUN_AS_NODE = '1'
    const child = fork(options.script, [], {
      serialization: 'advanced',
      // A debugger port of the host must not be taken twice.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env,
      ...(options.program ? { execPath: options.program } : {}),
    })
    const exited = once(listener)
    let lastWords = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-2000)
      listener.onMessage({ type: 'log', level: 'warn', text: text.trimEnd() })
    })
    child.on('message', (message) => listener.onMessage(message as FromEngine))
    child.on('error', (error) => exited(error.message))
    child.on('exit', (code, signal) => exited(describeExit(code, signal, lastWords)))
    return {
      send(message) {
        // A child that just died answers with ERR_IPC_CHANNEL_CLOSED; its exit settles the call.
        if (child.connected) child.send(message, () => {})
      },
      dispose() {
        child.kill('SIGKILL')
      },
    } satisfies EngineProcess
  }
}

function once(listener: EngineProcessListener): (reason: string) => void {
  let told = false
  return (reason) => {
    if (told) return
    told = true
    listener.onExit(reason)
  }
}

function describeExit(code: number | null, signal: string | null, lastWords: string): string {
  const how = signal ? `signal ${signal}` : `exit code ${code}`
  const lastLine = lastWords.trim().split('\n').at(-1)
  return lastLine ? `${how}: ${lastLine}` : how
}
