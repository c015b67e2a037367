import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { largePages } from '../../src/engine/fork'
import { buildSync } from 'esbuild'
import { buildDecoder } from '../../kernels/build.mjs'
import { ensureCodeServer } from '../../tools/lib/codeServer.mjs'
import { run } from './process.mjs'
import { makeModel } from './makeModel.mjs'

const here = import.meta.dirname
export const workFolder = path.join(here, '../work/gpt2')
export const modelFolder = path.join(workFolder, 'model')
/** As the extension ships it, once `buildDecoder` has made it. */
export const decoderFile = path.join(here, '../../dist/decoder.wasm')
const venvPython = path.join(here, '../work/venv/bin/python')
/** The Node that all engines in JavaScript run on: the editor's, since the engine does. Another one on `BENCH_NODE`. */
export const node = process.env.BENCH_NODE ?? (await ensureCodeServer()).node
/** Python with the packages of requirements.txt. */
const python = process.env.BENCH_PYTHON ?? (existsSync(venvPython) ? venvPython : 'python3')

/** llama.cpp's `llama-bench`, where somebody has compiled it. */
const llamaBenchProgram = process.env.LLAMA_BENCH

/** An engine with one set of weights. */
export interface Peer {
  readonly name: string
  /** What stands for a weight: the classes that are compared with each other. */
  readonly bits: 32 | 16 | 8 | 4
  readonly ours: boolean
  /** Makes its files, once. Fails with a message that tells what is missing. */
  prepare(): Promise<void>
  /** A command line that measures, the program first. @param repeats 0: ends after the first token */
  command(threads: number, repeats: number): readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** The weights that all run: of a real GPT-2 in `bench/work/gpt2/model` if somebody put one there, else random ones. */
export async function prepareModel(): Promise<void> {
  if (!existsSync(path.join(modelFolder, 'model.safetensors'))) await makeModel(modelFolder)
}

export const peers: readonly Peer[] = [
  ...(['int8', 'int4', 'fp32'] as const).map(ours),
  ...(['fp32', 'q8'] as const).map(transformersJs),
  llamaCpp('Q8_0', 8, 'Q8_0', 'Q8_0'),
  llamaCpp('Q4_0, head Q8_0', 4, 'Q4_0', 'Q8_0'),
  llamaCpp('Q4_0', 4, 'Q4_0', 'Q4_0'),
  ...(llamaBenchProgram === undefined ? [] : [llamaBench(llamaBenchProgram, 8, 'Q8_0', 'Q8_0'), llamaBench(llamaBenchProgram, 4, 'Q4_0', 'Q8_0')]),
  ...(['fp32', 'bf16'] as const).map(pytorch),
  ctranslate2(),
  openvino('stateful', 8),
  openvino('genai', 8),
  openvino('stateful', 4),
  openvino('genai', 4),
]

function ours(precision: 'fp32' | 'int8' | 'int4'): Peer {
  const script = bundled('ours')
  return {
    name: `Inkling ${precision}`,
    bits: precision === 'fp32' ? 32 : precision === 'int8' ? 8 : 4,
    ours: true,
    environment: largePages,
    async prepare() {
      bundle('ours')
      await buildDecoder()
      // The first start makes the graph; what is measured is a later one.
      await run(this.command(0, 0), largePages)
    },
    command: (threads, repeats) => [node, script, modelFolder, precision, String(threads), String(repeats), path.join(workFolder, 'ours', precision), decoderFile],
  }
}

function transformersJs(dtype: 'fp32' | 'q8'): Peer {
  const folder = path.join(workFolder, 'onnx')
  return {
    name: `transformers.js ${dtype}`,
    bits: dtype === 'fp32' ? 32 : 8,
    ours: false,
    prepare: () => once(path.join(folder, 'model/onnx/model_quantized.onnx'), [python, path.join(here, 'exportOnnx.py'), modelFolder, path.join(folder, 'model')]),
    command: (threads, repeats) => [node, path.join(here, 'transformersJs.mjs'), folder, dtype, String(threads), String(repeats)],
  }
}

function ggufFile(body: string, head: string): string {
  return path.join(workFolder, 'gguf', `${body}-${head}.gguf`)
}

function makeGguf(body: string, head: string): Promise<void> {
  const file = ggufFile(body, head)
  return once(file, [python, path.join(here, 'makeGguf.py'), modelFolder, file, body, head])
}

function llamaBench(program: string, bits: 8 | 4, body: string, head: string): Peer {
  return {
    name: `llama-bench ${body}`,
    bits,
    ours: false,
    prepare: () => makeGguf(body, head),
    command: (threads, repeats) => [process.execPath, path.join(here, 'llamaBench.mjs'), program, ggufFile(body, head), String(threads), String(repeats)],
  }
}

function llamaCpp(name: string, bits: 8 | 4, body: string, head: string): Peer {
  const file = ggufFile(body, head)
  return {
    name: `llama.cpp ${name}`,
    bits,
    ours: false,
    prepare: () => makeGguf(body, head),
    command: (threads, repeats) => [node, path.join(here, 'llamaCpp.mjs'), file, String(threads), String(repeats)],
  }
}

function pytorch(precision: 'fp32' | 'bf16'): Peer {
  return {
    name: `PyTorch ${precision}`,
    bits: precision === 'fp32' ? 32 : 16,
    ours: false,
    prepare: async () => {},
    command: (threads, repeats) => [python, path.join(here, 'pytorch.py'), modelFolder, precision, String(threads), String(repeats)],
  }
}

function ctranslate2(): Peer {
  const folder = path.join(workFolder, 'ctranslate2')
  const command = (threads: number, repeats: number): string[] => [python, path.join(here, 'ctranslate.py'), modelFolder, folder, String(threads), String(repeats)]
  return { name: 'CTranslate2 int8', bits: 8, ours: false, prepare: () => once(path.join(folder, 'model.bin'), command(0, 0)), command }
}

function openvino(mode: 'stateful' | 'genai', bits: 8 | 4): Peer {
  const folder = path.join(workFolder, `openvino-int${bits}`)
  return {
    name: `OpenVINO ${mode} int${bits}`,
    bits,
    ours: false,
    prepare: () => once(path.join(folder, 'openvino_model.bin'), [python, path.join(here, 'exportOpenvino.py'), modelFolder, folder, String(bits)]),
    command: (threads, repeats) => [python, path.join(here, 'openvinoPeer.py'), folder, mode, String(threads), String(repeats)],
  }
}

async function once(file: string, command: readonly string[]): Promise<void> {
  if (existsSync(file)) return
  mkdirSync(path.dirname(file), { recursive: true })
  await run(command)
}

/** Where the bundle of one of our scripts lies. */
export function bundled(name: string): string {
  return path.join(workFolder, `${name}.mjs`)
}

/** Bundles a script of ours as the extension is bundled, so that no loader is measured with it. */
export function bundle(name: string): void {
  buildSync({ entryPoints: [path.join(here, `${name}.mts`)], outfile: bundled(name), bundle: true, platform: 'node', format: 'esm', external: ['onnxruntime-*', '@xenova/transformers'], logLevel: 'warning' })
}
