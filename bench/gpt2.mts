/**
 * npm run bench:gpt2 [-- --threads N] [--rounds N] [--repeats N] [--only TEXT,TEXT]
 *
 * Our engine beside those that people would use instead: GPT-2 124M with equal weights, equal threads, one machine, one
 * session. Every engine runs in processes of its own, one after another, in several rounds, and medians count; how each
 * is set up stands in its file in `bench/gpt2/`. An engine that is not installed is named, with the reason, and left out.
 * Results also go to `bench/work/gpt2.json`.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, bundled, peers, prepareModel, workFolder, type Peer } from './gpt2/peers.mjs'
import { run } from './gpt2/process.mjs'
import { aligned, goals, table, type Figures, type Row } from './gpt2/report.mjs'

const { values: options } = parseArgs({
  options: { threads: { type: 'string' }, rounds: { type: 'string', default: '3' }, repeats: { type: 'string', default: '5' }, only: { type: 'string' } },
})
const threads = Number(options.threads ?? availableParallelism())
const wanted = options.only?.split(',')

await prepareModel()
const present: Peer[] = []
for (const peer of peers.filter(({ name }) => wanted?.some((text) => name.includes(text)) ?? true)) {
  try {
    progress(`preparing ${peer.name}`)
    await peer.prepare()
    present.push(peer)
  } catch (error) {
    leftOut(peer, error)
  }
}
bundle('bandwidth')
const speeds: { gigabytesPerSecond: number; gigaflops: number }[] = []
const measured = new Map<Peer, Figures[]>()
let busiest = 0
for (let round = 1; round <= Number(options.rounds); round++) {
  speeds.push(JSON.parse((await run([process.execPath, bundled('bandwidth'), String(threads)])).lines.at(-1) ?? '') as (typeof speeds)[number])
  for (const peer of present) {
    progress(`round ${round}: ${peer.name}`)
    try {
      const start = await run(peer.command(threads, 0), peer.environment)
      const { lines, others } = await run(peer.command(threads, Number(options.repeats)), peer.environment)
      // Our own scripts print this: one line of figures at the end.
      const figures = { ...(JSON.parse(lines.at(-1) ?? '') as Omit<Figures, 'startMs'>), startMs: start.firstLineMs }
      measured.set(peer, [...(measured.get(peer) ?? []), figures])
      busiest = Math.max(busiest, others ?? 0)
    } catch (error) {
      leftOut(peer, error)
      present.splice(present.indexOf(peer), 1)
    }
  }
}

const rows: Row[] = [...measured].map(([{ name, bits, ours }, all]) => ({ name, bits, ours, figures: medians(all) }))
const bandwidth = median(speeds.map(({ gigabytesPerSecond }) => gigabytesPerSecond))
const reached = goals(rows, bandwidth)
progress('')
console.log(`\n${cpus()[0]?.model ?? ''}, ${threads} threads; memory reads ${bandwidth.toFixed(1)} GB/s; other programs took up to ${(100 * busiest).toFixed(0)} % of the processors.`)
console.log('Decode: tokens per second around a context. Prefill, key and score: ms at 512 tokens. Load, first token, start of the process to first token: ms.\n')
console.log(table(rows))
console.log(`\n${aligned([['', 'at least', 'reached'], ...reached.map(({ what, atLeast, reached: value }) => [what, atLeast.toFixed(2), value === undefined ? 'not measured' : `${value.toFixed(2)}${value < atLeast ? ' –' : ' ✓'}`])])}`)
writeFileSync(path.join(workFolder, '../gpt2.json'), JSON.stringify({ date: new Date().toISOString(), processor: cpus()[0]?.model, threads, bandwidth, gigaflops: median(speeds.map(({ gigaflops }) => gigaflops)), busiest, rows, goals: reached }, undefined, 2))

function leftOut({ name }: Peer, error: unknown): void {
  progress('')
  console.error(`left out: ${name}: ${error instanceof Error ? error.message.slice(-400) : String(error)}`)
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function medians(all: readonly Figures[]): Figures {
  const keys = Object.keys(all[0] ?? {}) as (keyof Figures)[]
  return Object.fromEntries(keys.map((key) => [key, median(all.map((figures) => figures[key] ?? NaN))])) as unknown as Figures
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2
}
