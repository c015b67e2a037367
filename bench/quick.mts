/**
 * npm run bench:quick [-- --threads N] [--write]
 *
 * Whether a change has made us slower, in two minutes and without peers: what each thing costs on this machine, beside
 * the cost that stands in `bench/quick.json`. Costs are told in what the machine could have done in the time, so that
 * another machine of the same kind finds the same ones: megabytes read (what waits for memory) or millions of
 * multiplications and additions (what waits for the processor), both measured in the same run. A cost that has grown by more than
 * 15 % is marked, and the exit code is 1. `--write` makes the present costs those that stand there.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { root } from '../tools/lib/project.mjs'
import { buildGanMeasure } from './gan/build'
import type { Row as GanRow } from './gan/workload'
import { bundle, bundled, decoderFile, modelFolder, node, prepareModel, workFolder } from './gpt2/peers.mjs'
import { run } from './gpt2/process.mjs'
import { aligned, type Figures } from './gpt2/report.mjs'
import { median } from './lib/statistics'
import { largePages } from '../src/engine/fork'

/** What a cost is told in. */
type Unit = 'MB' | 'MFLOP'
interface Speeds {
  readonly gigabytesPerSecond: number
  readonly gigaflops: number
}
/** What was measured, by what it is called. */
type Costs = Record<string, { readonly cost: number; readonly unit: Unit }>
interface Committed {
  readonly processor: string
  readonly threads: number
  readonly costs: Costs
}

const rounds = 3
const repeats = 3
const grown = 1.15
const file = path.join(root, 'bench/quick.json')
const { values: options } = parseArgs({ options: { threads: { type: 'string', default: String(availableParallelism()) }, write: { type: 'boolean', default: false } } })
const threads = Number(options.threads)

const models = { 'GPT-2': modelFolder, embedded: path.join(root, 'media/model') } as const
/** How each figure becomes milliseconds, and what they are spent on. */
const figures: readonly (readonly [string, Unit, (figures: Figures) => number])[] = [
  ['a token at 64', 'MB', (f) => 1000 / f.decode64],
  ['a token at 1000', 'MB', (f) => 1000 / f.decode1000],
  ['a keystroke at 512', 'MB', (f) => f.keyMs ?? NaN],
  ['three tokens after two taken back', 'MB', (f) => f.keyBackMs ?? NaN],
  ['three candidates, a token each', 'MB', (f) => f.candidates3Ms ?? NaN],
  ['a prompt of 512', 'MFLOP', (f) => f.prefill512Ms],
  ['scores of 512', 'MFLOP', (f) => f.score512Ms ?? NaN],
  ['load to first token', 'MFLOP', (f) => f.firstTokenMs ?? NaN],
]

await prepareModel()
bundle('ours')
bundle('bandwidth')
const ganMeasure = await buildGanMeasure()
// The first start makes the graphs; what is measured are later ones.
for (const model of Object.values(models)) await gpt2(model, 0)

const samples = new Map<string, { readonly unit: Unit; readonly costs: number[] }>()
for (let round = 0; round < rounds; round++) {
  for (const [name, folder] of Object.entries(models)) {
    const speeds = await speedsNow()
    const measured = await gpt2(folder, repeats)
    for (const [what, unit, milliseconds] of figures) add(`${name}: ${what}`, unit, milliseconds(measured), speeds)
  }
  for (const engine of ['native', 'wasm']) {
    const speeds = await speedsNow()
    const { stdout } = await promisify(execFile)(process.execPath, [ganMeasure, engine, String(threads), path.join(root, 'dist/studio')])
    for (const { stepMs } of JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as readonly GanRow[]) add(`GAN: a step, ${engine}`, 'MFLOP', stepMs, speeds)
  }
}
const costs: Costs = Object.fromEntries([...samples].map(([what, { unit, costs: all }]) => [what, { cost: median(all), unit }]))
if (options.write) writeFileSync(file, `${JSON.stringify({ processor: cpus()[0]?.model ?? '', threads, costs: rounded(costs) } satisfies Committed, undefined, 2)}\n`)
report(JSON.parse(readFileSync(file, 'utf8')) as Committed)

async function speedsNow(): Promise<Speeds> {
  return JSON.parse((await run([process.execPath, bundled('bandwidth'), String(threads)])).lines.at(-1) ?? '') as Speeds
}

async function gpt2(model: string, count: number): Promise<Figures> {
  const cache = path.join(workFolder, 'quick', path.basename(path.dirname(model)))
  const { lines } = await run([node, bundled('ours'), model, 'int8', String(threads), String(count), cache, decoderFile], largePages)
  // The script prints this: one line of figures at the end.
  return count === 0 ? ({} as Figures) : (JSON.parse(lines.at(-1) ?? '') as Figures)
}

/** A gigabyte a second is a megabyte a millisecond. */
function add(what: string, unit: Unit, milliseconds: number, { gigabytesPerSecond, gigaflops }: Speeds): void {
  const { costs: all } = samples.get(what) ?? { costs: [] }
  samples.set(what, { unit, costs: [...all, milliseconds * (unit === 'MB' ? gigabytesPerSecond : gigaflops)] })
}

function rounded(all: Costs): Costs {
  return Object.fromEntries(Object.entries(all).map(([what, { cost, unit }]) => [what, { cost: Number(cost.toPrecision(4)), unit }]))
}

function report(last: Committed): void {
  const lines = Object.entries(costs).map(([what, { cost, unit }]) => {
    const before = last.costs[what]?.cost
    const ratio = before === undefined ? undefined : cost / before
    return { slower: (ratio ?? 0) > grown, cells: [what, unit, before?.toPrecision(4) ?? '', cost.toPrecision(4), ratio?.toFixed(2) ?? 'new'] }
  })
  console.log(`\n${cpus()[0]?.model ?? ''}, ${threads} threads; the last costs are from ${last.processor}, ${last.threads} threads.\n`)
  console.log(aligned([['', 'unit', 'last', 'now', 'ratio'], ...lines.map(({ cells, slower }) => [...cells.slice(0, 4), `${cells[4] ?? ''}${slower ? ' ▲' : '  '}`])]))
  if (lines.some(({ slower }) => slower)) process.exitCode = 1
}
