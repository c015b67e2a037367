/**
 * What is measured of every engine, so that the numbers mean the same. An engine offers:
 * - `feed(ids)`: runs tokens behind what it holds; returns the likeliest next token, so the logits were really there
 * - `keep(n)`: holds the first n tokens from now on
 * - `score(ids)`: log-probabilities of a text from its beginning; optional
 * - `generate(token, count)`: runs `count` tokens greedily, the first given, where that is faster than feeding one by one
 * @typedef {{ feed(ids: number[]): Promise<number>, keep(n: number): Promise<void>, score?(ids: number[]): Promise<unknown>, generate?(token: number, count: number): Promise<unknown> }} Engine
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** Tokens decoded in a row. */
const run = 32

/** @param {Engine} engine @param {number} repeats of the short measurements @param {number} [vocabulary] */
export async function measure(engine, repeats = 9, vocabulary) {
  const ids = tokens(1024, vocabulary)
  await warmUp(engine, ids)
  return {
    decode64: await decode(engine, ids, 64, repeats),
    decode512: await decode(engine, ids, 512, repeats),
    decode1000: await decode(engine, ids, 1000, repeats),
    prefill512Ms: await prefill(engine, ids, Math.ceil(repeats / 2)),
    ...(await keys(engine, ids, 2 * repeats + 1)),
    ...(engine.score ? { score512Ms: await timeEach(Math.ceil(repeats / 2), () => engine.score?.(ids.slice(0, 512))) } : {}),
  }
}

/** @param {Engine} engine @param {number[]} ids */
async function warmUp(engine, ids) {
  await engine.keep(0)
  await engine.feed(ids.slice(0, 48))
  for (let i = 0; i < 8; i++) await engine.feed([ids[i] ?? 0])
}

/** Tokens per second, greedy, around a context of `length`: half before it, half behind. @param {Engine} engine @param {number[]} ids @param {number} length @param {number} repeats */
async function decode(engine, ids, length, repeats) {
  await engine.keep(0)
  const start = length - run / 2
  await engine.feed(ids.slice(0, start))
  /** @type {number[]} */
  const rates = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    await engine.keep(start)
    let token = ids[repeat] ?? 0
    const began = performance.now()
    if (engine.generate) await engine.generate(token, run)
    else for (let i = 0; i < run; i++) token = await engine.feed([token])
    rates.push((1000 * run) / (performance.now() - began))
  }
  return median(rates)
}

/**
 * Tokens per second of an engine that only generates: `run` + 1 tokens against one.
 * @param {(start: number, count: number) => Promise<unknown>} generate @param {number} length @param {number} repeats
 */
export async function decodeByDifference(generate, length, repeats) {
  const start = length - run / 2
  /** @type {number[]} */
  const rates = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    const one = await timeEach(1, () => generate(start, 1))
    rates.push((1000 * run) / ((await timeEach(1, () => generate(start, run + 1))) - one))
  }
  return median(rates)
}

/** @param {Engine} engine @param {number[]} ids @param {number} repeats */
function prefill(engine, ids, repeats) {
  return timeEach(repeats, () => engine.feed(ids.slice(0, 512)), () => engine.keep(0))
}

/** One more token behind 512; two taken back and three new ones. @param {Engine} engine @param {number[]} ids @param {number} repeats */
async function keys(engine, ids, repeats) {
  const to512 = async () => {
    await engine.keep(0)
    await engine.feed(ids.slice(0, 512))
  }
  await to512()
  let at = 512
  const keyMs = await timeEach(repeats, async (i) => engine.feed([ids[i] ?? 0]), () => engine.keep(512))
  await to512()
  const keyBackMs = await timeEach(repeats, async (i) => {
    await engine.keep(510)
    at = await engine.feed(ids.slice(i, i + 3))
  }, async () => {
    await engine.keep(511)
    await engine.feed([at])
  })
  return { keyMs, keyBackMs }
}

/** Median time of `action`; `before` is not counted. @param {number} repeats @param {(i: number) => Promise<unknown> | undefined} action @param {() => Promise<unknown>} before */
export async function timeEach(repeats, action, before = async () => undefined) {
  /** @type {number[]} */
  const times = []
  for (let i = 0; i < repeats; i++) {
    await before()
    const began = performance.now()
    await action(i)
    times.push(performance.now() - began)
  }
  return median(times)
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2
}

/** The same tokens for everyone: xorshift32. `measure.py` has it too. @param {number} count */
export function tokens(count, vocabulary = 50256) {
  let state = 42
  return Array.from({ length: count }, () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % vocabulary
  })
}

/** Most memory that this process ever held, MB; where Linux does not tell, what it holds now. */
export function peakMb() {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    return Number(kilobytes) / 1024
  } catch {
    return process.memoryUsage().rss / 2 ** 20
  }
}

/** Size of all files below a folder, MB. @param {string} folder @returns {number} */
export function folderMb(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0) / 1e6
}
