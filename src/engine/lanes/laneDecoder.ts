import { Worker } from 'node:worker_threads'
import * as plan from '../../../kernels/assembly/decoder/plan'
import { InklingError } from '../../base/errors'
import type { IDisposable } from '../../base/lifecycle'
import { webAssembly, type Memory, type Module } from '../../base/webAssembly'
import type { Gpt2Config } from '../../gpt2/config'
import { allFinite } from '../../gpt2/floats'
import type { LaneModel } from '../../gpt2/laneWeights'
import type { Bits } from '../../gpt2/quantize'
import type { TokenScore } from '../../language/languageModel'
import { likeliest } from '../../language/scoreLogits'
import { causalMask } from '../onnx/causalMask'
import type { Step } from '../onnx/step'
import type { LaneRoom } from './arranger'
import { collectGarbage } from './collectGarbage'
import { layOut, mostLogits, mostPages, mostTokens, pageBytes, type LaneMemory, type LaneThreads } from './laneMemory'

/** The functions of kernels/assembly/decoder; `at` is the plan's address. */
interface Kernels {
  step(at: number): void
  leave(at: number): void
  /** f32 [n, width] at `rows` → rows from `from` of one layer's keys or values, which `field` of the plan names. */
  keepRows(at: number, field: number, layer: number, from: number, n: number, rows: number): void
  giveRows(at: number, field: number, layer: number, from: number, n: number, rows: number): void
}

/** How threads wait for each other, at an address of the memory. */
const waiting = (words: Int32Array): object => ({
  sleep: (address: number, value: number) => void Atomics.wait(words, address >>> 2, value),
  wake: (address: number) => void Atomics.notify(words, address >>> 2),
})

/** What a helper does: a step's work whenever there is one. */
const helper = `
const { workerData: { module, memory, at } } = require('node:worker_threads')
const waiting = ${waiting.toString()}
new WebAssembly.Instance(module, { env: { memory, ...waiting(new Int32Array(memory.buffer)) } }).exports.help(at)`

/** Threads that wait for steps. */
class Helpers implements IDisposable {
  private workers: readonly Worker[] = []
  private later: NodeJS.Timeout | undefined
  private disposed = false

  /** @param at address of the plan */
  constructor(private readonly module: Module, private readonly memory: Memory<SharedArrayBuffer>, private readonly at: number, private readonly count: number) {}

  start(): void {
    const { module, memory, at, disposed } = this
    if (disposed || this.workers.length > 0) return
    this.workers = Array.from({ length: this.count }, () => {
      const worker = new Worker(helper, { eval: true, workerData: { module, memory, at } })
      // Without one, steps take longer, and the process can end whenever it wants. The others count on all that ever came.
      worker.on('error', () => {})
      worker.on('exit', () => new DataView(memory.buffer).setUint32(at + plan.attached, 0, true))
      worker.unref()
      return worker
    })
  }

  /** Starts them when whoever waits for a first suggestion has it. */
  startLater(): void {
    this.later ??= setTimeout(() => this.start(), restMs).unref()
  }

  /** One that has not begun yet would not see that it is to leave. */
  dispose(): void {
    this.disposed = true
    clearTimeout(this.later)
    const ended = Promise.all(this.workers.map((worker) => worker.terminate()))
    // By then nobody refers to the memory any more.
    void ended.then(() => setTimeout(collectGarbage, 1000).unref())
  }
}

/** A first prompt's tokens follow it so soon. */
const restMs = 300

/** Rows behind the last that vectors of four may read. */
const slackRows = 4

/** What a look at other kernels takes: some hundredths of a second of a large model. */
const checkedLayers = 2
const checkedSteps = [{ tokens: 1, isPrompt: false }, { tokens: 7, isPrompt: false }, { tokens: 39, isPrompt: true }] as const

/** Branches stand behind a context that may be full. */
const mostBranchRows = 512

/** Keys and values of one context: f16 [layers, heads, capacity, headDim] each. */
export interface LaneCache {
  readonly keys: number
  readonly values: number
  readonly capacity: number
}

/**
 * Runs steps of a few tokens with the kernels of kernels/assembly/decoder: in this thread, and in others that wait for it in
 * between. All share one memory, which holds the weights once.
 */
export class LaneDecoder implements IDisposable {
  /** Caches that nobody uses. */
  private readonly free: LaneCache[] = []
  private end: number
  private disposed = false
  /** Whether steps run without helpers. */
  private alone = false

  private constructor(
    private readonly config: Gpt2Config,
    private readonly model: LaneModel,
    private readonly memory: Memory<SharedArrayBuffer>,
    private readonly kernels: Kernels,
    private readonly at: LaneMemory,
    private readonly helpers: Helpers,
    private readonly threads: LaneThreads,
  ) {
    this.end = at.end
  }

  /**
   * @param kernels decoder.wasm
   * @param fill puts the model's file where it is given room
   * @throws RangeError where there is not enough memory, and what `kernels` and `fill` throw
   */
  static async open(config: Gpt2Config, model: LaneModel, kernels: Promise<Module>, threads: LaneThreads, fill: (weights: Uint8Array, room: LaneRoom) => Promise<void>): Promise<LaneDecoder> {
    const at = layOut(config, model, config.positions + mostBranchRows, threads)
    const pages = Math.ceil(at.end / pageBytes)
    if (pages > mostPages) throw new RangeError(`${pages} pages are more than WebAssembly has`)
    const memory = new webAssembly.Memory({ initial: pages, maximum: mostPages, shared: true })
    at.prepare(new DataView(memory.buffer))
    const starting = kernels.then((module) => {
      const helpers = new Helpers(module, memory, at.plan, threads.many - 1)
      // Threads start while weights are read.
      if (threads.areLate !== true) helpers.start()
      return { module, helpers }
    })
    try {
      const [{ module, helpers }] = await Promise.all([starting, fill(new Uint8Array(memory.buffer, at.weights, model.sizeBytes), { memory, weights: at.weights, end: at.end })])
      at.describe(new DataView(memory.buffer))
      const instance = await webAssembly.instantiate(module, { env: { memory, ...waiting(new Int32Array(memory.buffer)) } })
      return new LaneDecoder(config, model, memory, instance.exports as unknown as Kernels, at, helpers, threads)
    } catch (error) {
      starting.then(({ helpers }) => helpers.dispose()).catch(() => {})
      throw error
    }
  }

  /** The model's file, for whoever wants to keep it; undefined when it is in use no more. */
  get file(): Uint8Array | undefined {
    return this.disposed ? undefined : new Uint8Array(this.memory.buffer, this.at.weights, this.model.sizeBytes)
  }

  /** Of a weight of the layers. */
  get bits(): Bits {
    return this.model.bits
  }

  /** Whether a step is small enough. */
  takes({ ids, rows, past }: Pick<Step, 'ids' | 'rows' | 'past'>): boolean {
    return ids.length <= mostTokens && rows.length <= mostTokens && past + ids.length <= this.config.positions + mostBranchRows
  }

  /**
   * @param isPrompt whether a token may get other numbers than it would alone, by products that take half as long
   * @param logits room for what is returned
   * @returns logits [m, vocabulary], float32
   * @throws InklingError `numbers-not-finite`
   */
  run(step: Step, cache: LaneCache, isPrompt: boolean, logits: Float32Array = new Float32Array(step.rows.length * this.config.vocabulary), kernels = this.kernels): Float32Array {
    const { length } = step.rows
    const isBehind = length > mostLogits
    this.step(step, cache, isPrompt, isBehind, kernels)
    if (isBehind) this.eachHead(length, (from, count) => this.readLogits(logits.subarray(from * this.config.vocabulary), count))
    else this.readLogits(logits, length)
    if (this.overflowed() || !allFinite(logits)) throw InklingError.of('numbers-not-finite', {})
    return logits
  }

  /**
   * Runs a step, and says how likely tokens were by its logits.
   * @param targets the token that followed each of the rows
   * @param alternatives how many of the likeliest to list
   * @throws as `run`
   */
  score(step: Step, cache: LaneCache, isPrompt: boolean, targets: Int32Array, alternatives: number): readonly TokenScore[] {
    this.step(step, cache, isPrompt, true)
    if (this.overflowed()) throw InklingError.of('numbers-not-finite', {})
    return this.scorePicked(targets, alternatives)
  }

  /** The same of a step that ran as a graph. @param states f32 [m, width], m up to `mostTokens` */
  scoreStates(states: Float32Array, targets: Int32Array, alternatives: number): readonly TokenScore[] {
    this.pick(states)
    return this.scorePicked(targets, alternatives)
  }

  /** Takes hidden states that a graph made, up to `mostTokens`, for a head that is exact. */
  private pick(states: Float32Array): void {
    new Float32Array(this.memory.buffer, this.at.picked, states.length).set(states)
    this.setExactWithin(Infinity)
  }

  private scorePicked(targets: Int32Array, alternatives: number): readonly TokenScore[] {
    const { at, memory: { buffer }, model, config: { vocabulary } } = this
    const all: TokenScore[] = []
    const scores = new Float32Array(buffer, at.scores, 4 * mostLogits)
    this.set(plan.targets, at.targets)
    try {
      this.eachHead(targets.length, (from, count) => {
        for (let i = 0; i < count; i++) {
          const [logSum = NaN, entropy = NaN, rank = NaN] = scores.subarray(4 * i)
          const logits = new Float32Array(buffer, at.logits + 4 * i * model.vocabulary, vocabulary)
          const id = targets[from + i] ?? 0
          const logprob = (logits[id] ?? NaN) - logSum
          if (!Number.isFinite(logprob) || !Number.isFinite(entropy)) throw InklingError.of('numbers-not-finite', {})
          all.push({ id, logprob, rank, entropy, alternatives: likeliest(logits, alternatives, logSum) })
        }
      }, targets)
    } finally {
      this.set(plan.targets, 0)
    }
    return all
  }

  /** @param isBehind whether the step ends with the hidden states in `picked` */
  private step({ ids, positions, rows, mask, past, exactWithin }: Step, cache: LaneCache, isPrompt: boolean, isBehind: boolean, kernels = this.kernels): void {
    const { at, memory: { buffer } } = this
    this.words(at.ids, ids)
    this.words(at.positions, positions)
    this.words(at.rows, rows)
    const seesAll = ids.length === 1 && mask.every((value) => value === 0)
    if (!seesAll) new Float32Array(buffer, at.mask, mask.length).set(mask)
    this.use(cache)
    this.set(plan.kind, this.model.bits === 4 ? plan.four : isPrompt ? plan.coarse : plan.exact)
    this.set(plan.isPrompt, isPrompt ? 1 : 0)
    this.set(plan.mostActive, this.alone ? 1 : isPrompt ? this.threads.many : this.threads.few)
    this.set(plan.count, ids.length)
    this.set(plan.past, past)
    this.set(plan.wanted, rows.length)
    this.setExactWithin(exactWithin)
    this.set(plan.mask, seesAll ? 0 : at.mask)
    this.set(plan.headBehind, isBehind ? 1 : 0)
    kernels.step(at.plan)
    if (this.threads.areLate === true) this.helpers.startLater()
  }

  /** The last normalization and the head. @param states f32 [m, width] @returns and throws as `run` */
  head(states: Float32Array): Float32Array {
    const { width, vocabulary } = this.config
    const count = states.length / width
    const logits = new Float32Array(count * vocabulary)
    for (let row = 0; row < count; row += mostTokens) {
      const piece = states.subarray(row * width, (row + mostTokens) * width)
      this.pick(piece)
      this.eachHead(piece.length / width, (from, some) => this.readLogits(logits.subarray((row + from) * vocabulary), some))
    }
    if (!allFinite(logits)) throw InklingError.of('numbers-not-finite', {})
    return logits
  }

  /**
   * Runs a token, several and a prompt through a few layers with these kernels and with others, compiled from the same module.
   * @returns whether both give the same numbers, as nearly as floats do
   */
  async agreesWith(module: Module): Promise<boolean> {
    const { memory } = this
    const { exports } = await webAssembly.instantiate(module, { env: { memory, ...waiting(new Int32Array(memory.buffer)) } })
    if (this.disposed) return true
    let cache: LaneCache
    try {
      cache = this.openCache()
    } catch {
      return true
    }
    this.set(plan.layers, Math.min(checkedLayers, this.config.layers))
    this.alone = true
    try {
      return checkedSteps.every(({ tokens, isPrompt }) => {
        const n = Math.min(tokens, this.config.positions)
        const ids = Int32Array.from({ length: n }, (_, i) => (i * 31) % this.config.vocabulary)
        const step = { ids, positions: ids.map((_, i) => i), rows: Int32Array.of(n - 1), mask: causalMask(0, n), past: 0, exactWithin: n === 1 ? 0 : Infinity }
        const [ours, theirs] = [this.kernels, exports as unknown as Kernels].map((kernels) => this.tryStep(step, cache, isPrompt, kernels))
        return ours && theirs ? areNear(ours, theirs) : ours === theirs
      })
    } finally {
      this.set(plan.layers, this.config.layers)
      this.alone = false
      this.closeCache(cache)
    }
  }

  /** Takes rows that a graph made: f32 [n, width]. */
  keep(cache: LaneCache, which: 'keys' | 'values', layer: number, from: number, rows: Float32Array): void {
    this.use(cache)
    const { width } = this.config
    for (let row = 0; row < rows.length / width; row += mostTokens) {
      const piece = rows.subarray(row * width, (row + mostTokens) * width)
      new Float32Array(this.memory.buffer, this.at.staging, piece.length).set(piece)
      this.kernels.keepRows(this.at.plan, plan[which], layer, from + row, piece.length / width, this.at.staging)
    }
    if (this.overflowed()) throw InklingError.of('numbers-not-finite', {})
  }

  /** Gives rows from `from` on to a graph: fills f32 [n, width]. */
  give(cache: LaneCache, which: 'keys' | 'values', layer: number, from: number, rows: Float32Array): void {
    this.use(cache)
    const { width } = this.config
    for (let row = 0; row < rows.length / width; row += mostTokens) {
      const piece = rows.subarray(row * width, (row + mostTokens) * width)
      this.kernels.giveRows(this.at.plan, plan[which], layer, from + row, piece.length / width, this.at.staging)
      piece.set(new Float32Array(this.memory.buffer, this.at.staging, piece.length))
    }
  }

  /**
   * Room for a whole context. Addresses are taken at once, memory as rows come.
   * @throws RangeError where there is none left
   */
  openCache(): LaneCache {
    const known = this.free.pop()
    if (known) return known
    const { layers, width, positions } = this.config
    const capacity = positions + mostBranchRows
    const bytes = 2 * layers * width * capacity
    const keys = this.end
    const values = Math.ceil((keys + bytes + 2 * slackRows * width) / 64) * 64
    const end = Math.ceil((values + bytes + 2 * slackRows * width) / 64) * 64
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / pageBytes)
    if (missing > 0) this.memory.grow(missing)
    this.end = end
    return { keys, values, capacity }
  }

  /** Its room is for the next context. */
  closeCache(cache: LaneCache): void {
    this.free.push(cache)
  }

  dispose(): void {
    if (this.disposed) return
    this.disposed = true
    this.kernels.leave(this.at.plan)
    this.helpers.dispose()
  }

  private use({ keys, values, capacity }: LaneCache): void {
    this.set(plan.keys, keys)
    this.set(plan.values, values)
    this.set(plan.capacity, capacity)
    this.set(plan.overflowed, 0)
  }

  /** @returns undefined where the weights make no numbers of these tokens */
  private tryStep(step: Step, cache: LaneCache, isPrompt: boolean, kernels: Kernels): Float32Array | undefined {
    try {
      return this.run(step, cache, isPrompt, undefined, kernels)
    } catch {
      return undefined
    }
  }

  /**
   * Runs the head of the first `rows` hidden states in `picked`, some at a time.
   * @param visit hears which those were whose logits are there
   * @param targets tokens whose scores are wanted
   */
  private eachHead(rows: number, visit: (from: number, count: number) => void, targets?: Int32Array): void {
    const { at: { plan: planAt, picked, targets: targetsAt }, config: { width } } = this
    this.set(plan.count, 0)
    this.set(plan.headBehind, 0)
    try {
      for (let row = 0; row < rows; row += mostLogits) {
        const wanted = Math.min(mostLogits, rows - row)
        this.set(plan.picked, picked + 4 * row * width)
        this.set(plan.wanted, wanted)
        if (targets) this.words(targetsAt, targets.subarray(row, row + wanted))
        this.kernels.step(planAt)
        visit(row, wanted)
      }
    } finally {
      this.set(plan.picked, picked)
    }
  }

  private readLogits(to: Float32Array, rows: number): void {
    const { memory: { buffer }, at, model, config: { vocabulary } } = this
    for (let row = 0; row < rows; row++) to.set(new Float32Array(buffer, at.logits + 4 * row * model.vocabulary, vocabulary), row * vocabulary)
  }

  private overflowed(): boolean {
    return new DataView(this.memory.buffer).getUint32(this.at.plan + plan.overflowed, true) !== 0
  }

  private set(field: number, value: number): void {
    new DataView(this.memory.buffer).setUint32(this.at.plan + field, value, true)
  }

  private setExactWithin(nats: number): void {
    new DataView(this.memory.buffer).setFloat32(this.at.plan + plan.within, nats, true)
  }

  private words(address: number, values: Int32Array): void {
    new Int32Array(this.memory.buffer, address, values.length).set(values)
  }
}

/** Whether numbers differ by less than a thousandth of the largest. */
function areNear(a: Float32Array, b: Float32Array): boolean {
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return a.every((value, i) => Math.abs(value - (b[i] ?? NaN)) <= largest / 1000)
}
