// @ts-check
/**
 * Programs started here end with us. Each gets a process group of its own, so that ending it ends what it started too.
 * The price is that a terminal's Ctrl+C does not reach it: the signal handlers below pass the end on.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isWindows, root } from './project.mjs'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const running = new Set()
/** @type {Set<() => unknown>} */
const lastActions = new Set()

/** How long a group may take to end by itself before it is ended by force. */
const graceMs = 5_000
const pollMs = 50

/**
 * Does `action` when this process ends, last come first. After a signal its promise is awaited; at a plain exit only
 * what it does synchronously counts.
 * @param {() => unknown} action
 * @returns {() => void} takes it back
 */
export function atEnd(action) {
  lastActions.add(action)
  return () => lastActions.delete(action)
}

let signalled = false

/** Whether a signal is about to end this process, so that what ends now has not failed. */
export function isEnding() {
  return signalled
}

process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL')
  for (const action of [...lastActions].reverse()) attempt(action)
})

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => endBy(signal))

// npm does not pass every signal on, and a killed parent cannot: whoever started us is gone when we have a new parent.
const parent = process.ppid
setInterval(() => { if (process.ppid !== parent) endBy('SIGTERM') }, 1_000).unref()

/** @param {NodeJS.Signals} signal */
function endBy(signal) {
  if (signalled) return
  signalled = true
  void endEverything().finally(() => {
    // Others may listen too and then nothing would end us.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

async function endEverything() {
  await Promise.allSettled([...running].map(end))
  for (const action of [...lastActions].reverse()) await attempt(action)
}

/** One that fails must not keep the others from their turn. @param {() => unknown} action */
async function attempt(action) {
  try {
    await action()
  } catch (error) {
    console.error(error)
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function start(command, args, options = {}) {
  if (signalled) throw new Error(`${command} is not started any more: we were told to end.`)
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: !isWindows, ...options })
  running.add(child)
  child.once('error', () => running.delete(child))
  return child
}

/** Ends a program and what it started, gently first. @param {ChildProcess} child */
export async function end(child) {
  signalGroup(child, 'SIGTERM')
  for (let waited = 0; waited < graceMs && groupLives(child); waited += pollMs) await sleep(pollMs)
  signalGroup(child, 'SIGKILL')
  running.delete(child)
}

/**
 * Runs a program to its end; nothing that it started outlives it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { timeoutMs?: number }} [options]
 * @returns {Promise<{ ok: true } | { ok: false, reason: string }>}
 */
export async function run(command, args, { timeoutMs = 0, ...options } = {}) {
  const child = start(command, args, options)
  let late = false
  const timer = timeoutMs > 0 ? setTimeout(() => { late = true; void end(child) }, timeoutMs) : undefined
  try {
    /** @type {unknown[]} */
    const [code, signal] = await once(child, 'exit')
    await end(child)
    if (late) return { ok: false, reason: `it took longer than ${timeoutMs / 60_000} minutes` }
    if (code === 0) return { ok: true }
    return { ok: false, reason: typeof signal === 'string' ? `it was ended by ${signal}` : `exit code ${String(code)}` }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** @param {ChildProcess} child @param {'SIGTERM' | 'SIGKILL'} signal */
function signalGroup(child, signal) {
  if (child.pid === undefined) return
  if (isWindows) {
    // Windows has no groups: what a program started is found only as long as the program lives.
    if (child.exitCode === null) spawnSync('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore' })
    return
  }
  signalPosixGroup(child.pid, signal)
}

/** @param {ChildProcess} child */
function groupLives(child) {
  if (child.pid === undefined) return false
  return isWindows ? child.exitCode === null : signalPosixGroup(child.pid, 0)
}

/** @param {number} leader @param {NodeJS.Signals | 0} signal @returns {boolean} whether the group has a member left */
function signalPosixGroup(leader, signal) {
  try {
    return process.kill(-leader, signal)
  } catch {
    return false
  }
}
