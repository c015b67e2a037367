/**
 * llama.cpp's own benchmark, compiled for this machine: `node llamaBench.mjs PROGRAM FILE.gguf THREADS REPEATS`.
 * It knows tokens behind a context and whole prompts, and nothing of keys that are taken back.
 */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { median } from './measure.mjs'

const [program = '', file = '', threads = '2', repeats = '9'] = process.argv.slice(2)

/** Tokens decoded in a row, half before the context's length and half behind it, as in measure.mjs. */
const run = 32
const lengths = [64, 512, 1000]

/**
 * Tokens per second, medians by the length of the context before.
 * @param {readonly string[]} what @returns {ReadonlyMap<number, number>}
 */
function measure(what) {
  const output = execFileSync(program, ['-m', file, '-t', threads, '-r', repeats, '-o', 'json', ...what], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const tests = /** @type {readonly { n_depth: number, samples_ts: readonly number[] }[]} */ (JSON.parse(output))
  return new Map(tests.map(({ n_depth, samples_ts }) => [n_depth, median(samples_ts)]))
}

if (repeats === '0') {
  execFileSync(program, ['--help'], { stdio: 'ignore' })
} else {
  const decode = measure(['-p', '0', '-n', String(run), '-d', lengths.map((length) => length - run / 2).join(',')])
  const [decode64, decode512, decode1000] = lengths.map((length) => decode.get(length - run / 2))
  const prefill = measure(['-p', '512', '-n', '0']).get(0) ?? NaN
  // Whoever watches this process sees what the program took once it has ended, and looks a few times a second.
  await wait(500)
  console.log(JSON.stringify({ decode64, decode512, decode1000, prefill512Ms: (1000 * 512) / prefill, diskMb: statSync(file).size / 1e6 }))
}
