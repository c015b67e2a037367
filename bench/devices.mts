/**
 * npm run bench:devices: how fast a model reads and writes on each device of this machine, in each precision.
 *   --model DIR       another model than the embedded one
 *   --precision P     one precision only
 *   --software-vulkan WebGPU on a card that is a program (Linux on x64), where there is none
 *   --seconds N       how long a device may take to be tried (default 120)
 * Each line is measured in a process of its own; a device that cannot be used says why. WebAssembly stands for platforms
 * that have no native runtime.
 */
import { existsSync } from 'node:fs'
import * as os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ChildProber } from '../src/engine/devices/childProber'
import type { Device } from '../src/engine/devices/chooseDevice'
import { softwareDriver } from '../src/engine/devices/softwareDriver'
import type { ModelSpec } from '../src/engine/protocol'
import { systemClock } from '../src/engine/systemClock'
import { ensureSoftwareVulkan } from '../tools/lib/softwareVulkan.mjs'

const root = path.join(import.meta.dirname, '..')
const { values } = parseArgs({ options: { model: { type: 'string' }, precision: { type: 'string' }, 'software-vulkan': { type: 'boolean' }, seconds: { type: 'string', default: '120' } } })
const precisions = (['fp32', 'int8', 'int4'] as const).filter((precision) => values.precision === undefined || precision === values.precision)
if (precisions.length === 0) throw new Error(`There is no precision ${values.precision}: fp32, int8 and int4 are.`)
const script = path.join(root, 'dist/probe.js')
if (!existsSync(script)) throw new Error('Run `node esbuild.js` first.')

const folder = path.resolve(values.model ?? path.join(root, 'media/model'))
// Before a probe starts: it inherits the environment.
if (values['software-vulkan']) Object.assign(process.env, await ensureSoftwareVulkan())
const never = new AbortController().signal
const limitMs = Number(values.seconds) * 1000
const native = new ChildProber(() => ({ script }), systemClock, limitMs)
const wasm = new ChildProber(() => ({ script, env: { INKLING_ONNX_RUNTIME: 'wasm' } }), systemClock, limitMs)

const cells = (...texts: readonly string[]): string => texts.map((text, i) => (i === 0 || i === 1 ? text.padEnd(10) : text.padStart(12))).join('')

console.log(`${folder}\n${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.availableParallelism()} threads, ${process.platform}-${process.arch}, Node ${process.version}\n`)
console.log(cells('device', 'precision', 'read tok/s', 'write tok/s', 'distance', 'load s'))
const software = await softwareDriver()
const rows: readonly (readonly [name: string, device: Device, prober: ChildProber])[] = [
  ['cpu', 'cpu', native],
  ...(await native.devices(never)).map((device) => [device, device, native] as const),
  ['wasm', 'cpu', wasm],
]
for (const [name, device, prober] of rows) {
  for (const precision of precisions) {
    const spec: ModelSpec = { folder, precision, device, threads: 0, cacheFolder: path.join(os.tmpdir(), 'inkling-bench-graphs') }
    try {
      const { prefillTokensPerSecond, decodeTokensPerSecond, distance, loadMs, device: ranOn, precision: ranIn } = await prober.measure(spec, never)
      const note = [ranOn === name ? '' : `ran on ${ranOn}`, ranIn === precision ? '' : `ran in ${ranIn}`, ranOn === 'webgpu' && software !== undefined ? `software driver: ${software}` : ''].filter((text) => text !== '')
      console.log(`${cells(name, precision, number(prefillTokensPerSecond), number(decodeTokensPerSecond), distance.toExponential(1), (loadMs / 1000).toFixed(2))}  ${note.join(', ')}`.trimEnd())
    } catch (error) {
      console.log(`${cells(name, precision)}  ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function number(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0)
}
