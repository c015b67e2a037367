/**
 * npm run bench:gan [-- --threads N]: milliseconds of one training step of the article's GAN, ours and others', and the
 * share of the machine's own matrix-multiply speed that each reaches. Every engine runs alone, in a process of its own.
 *
 * tfjs-node is measured where it loads (TFJS_NODE names the folder of one that does), PyTorch and Keras where the Python
 * named by BENCH_PYTHON (else python3) has them.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { root } from '../tools/lib/project.mjs'
import { buildGanMeasure } from './gan/build'
import { stepOperations, type Row } from './gan/workload'

const { values } = parseArgs({ options: { threads: { type: 'string', default: String(availableParallelism()) } } })
const threads = values.threads

const folder = path.join(root, 'bench/work')
const script = await buildGanMeasure()
const python = process.env['BENCH_PYTHON'] ?? 'python3'
const node = (engine: string): (() => Promise<readonly Row[]>) => () => measure(process.execPath, [script, engine, threads, path.join(root, 'dist/studio')])
const inPython = (peer: string): (() => Promise<readonly Row[]>) => () => measure(python, [path.join(root, 'bench/gan/peers.py'), peer, threads])

async function measure(program: string, args: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: 300_000, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' } })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as readonly Row[]
}

const peakSide = 2048
const rows: Row[] = []
let peak = Number.NaN
for (const [name, run] of [
  ['matrix product', node('peak')], ['wasm, stock', node('wasm-stock')], ['wasm', node('wasm')], ['tfjs-node', node('tfjs-node')], ['native', node('native')],
  ['PyTorch', inPython('torch')], ['Keras', inPython('keras')],
] as const) {
  console.error(`Measuring ${name} …`)
  try {
    const found = await run()
    if (name === 'matrix product') peak = (2 * peakSide ** 3) / (found[0]?.stepMs ?? Number.NaN) / 1e6
    else rows.push(...found)
  } catch (error) {
    const { stderr = '', message = '' } = error as { readonly stderr?: string; readonly message?: string }
    console.error(`  not here: ${(stderr.trim().split('\n').findLast((line) => /error|cannot|not/i.test(line)) ?? message).trim().slice(0, 200)}`)
  }
}

const gigaflops = (row: Row): number => stepOperations() / row.stepMs / 1e6
console.log(`\nOne step of the article's GAN, batch 128: ${(stepOperations() / 1e9).toFixed(2)} GFLOP. This machine's matrix product on ${threads} threads: ${peak.toFixed(0)} GFLOP/s.\n`)
console.log(`${'engine'.padEnd(44)}${'threads'.padStart(8)}${'ms a step'.padStart(11)}${'GFLOP/s'.padStart(9)}${'share'.padStart(8)}`)
for (const row of rows) {
  console.log(`${row.name.padEnd(44)}${String(row.threads).padStart(8)}${row.stepMs.toFixed(1).padStart(11)}${gigaflops(row).toFixed(1).padStart(9)}${`${((100 * gigaflops(row)) / peak).toFixed(1)} %`.padStart(8)}`)
}

const find = (start: string): number => Math.min(...rows.filter(({ name }) => name.startsWith(start)).map(({ stepMs }) => stepMs))
const exactly = (name: RegExp): number => rows.find((row) => name.test(row.name))?.stepMs ?? Number.NaN
const [stock, wasm, native, tfjsNode, torch] = [find('TensorFlow.js wasm'), find('ours, wasm'), find('ours, native'), find('tfjs-node'), exactly(/^PyTorch [\d.]+$/)]
const ratios = [
  ['wasm against stock wasm', stock / wasm, 'times as fast, at least 15'],
  ['native against our wasm', wasm / native, 'times as fast, at least 3.5'],
  ['native against tfjs-node at its best', tfjsNode / native, 'times as fast, at least 1.5'],
  ['native against PyTorch', native / torch, 'of its time, at most 0.85'],
] as const
console.log('')
for (const [name, value, words] of ratios) console.log(`${name.padEnd(44)}${Number.isFinite(value) ? value.toFixed(2).padStart(8) : '–'.padStart(8)}  ${words}`)

writeFileSync(path.join(folder, 'gan.json'), `${JSON.stringify({ threads: Number(threads), peakGflops: peak, rows, ratios: Object.fromEntries(ratios.map(([name, value]) => [name, value])) }, undefined, 2)}\n`)
