import * as plan from '../../../kernels/assembly/decoder/plan'
import type { Activation, Gpt2Config } from '../../gpt2/config'
import { groupRows } from '../../gpt2/lanes'
import type { LaneMatrix, LaneModel, LaneNorm } from '../../gpt2/laneWeights'

export const pageBytes = 1 << 16
/** 4 GiB, of which what is not used is address space alone. */
export const mostPages = 1 << 16
/** WebAssembly's own data lie below. */
export const begin = pageBytes

/** Tokens that one step can take. */
export const mostTokens = 128
/** Logits that the head gives at a time. */
export const mostLogits = 16

const activations: Readonly<Record<Activation, number>> = { 'gelu-tanh': 1, gelu: 2, relu: 3 }

/** Threads of a step of few tokens, and of a prompt, at most 255. */
export interface LaneThreads {
  readonly few: number
  readonly many: number
  /** Whether the first steps run in one: to start another takes the processors as long as a small model's first prompt does. */
  readonly areLate?: boolean
}

/** Rooms whose addresses the plan has under the same name. */
const sharedRooms = ['ids', 'positions', 'rows', 'logits', 'hidden', 'joined', 'attended', 'expanded', 'picked', 'codes', 'codeScales', 'codeSums', 'previewCodes', 'previewScales', 'previewOffsets', 'previewVariances', 'estimates', 'bounds', 'thresholds', 'scores'] as const

/** Where everything lies in the decoder's memory; addresses in bytes. */
export interface LaneMemory {
  readonly plan: number
  readonly weights: number
  readonly ids: number
  readonly positions: number
  readonly rows: number
  readonly mask: number
  /** Room for a layer's rows of a chunk on their way to the graph or from it: f32 [mostTokens, width]. */
  readonly staging: number
  readonly logits: number
  /** i32 [mostLogits] */
  readonly targets: number
  /** f32 [mostLogits, 4] */
  readonly scores: number
  /** f32 [mostTokens, width] */
  readonly picked: number
  /** Behind it caches are made. */
  readonly end: number
  /** Writes what threads look at when they begin. */
  prepare(view: DataView): void
  /** Writes the plan. */
  describe(view: DataView): void
}

/**
 * @param maskRows columns that a mask can have
 */
export function layOut(config: Gpt2Config, model: LaneModel, maskRows: number, threads: LaneThreads): LaneMemory {
  let end = begin
  const room = (bytes: number): number => {
    const at = end
    end = Math.ceil((at + bytes) / 64) * 64
    return at
  }
  const { layers, heads, headDim, width, inner, vocabulary, epsilon, activation } = config
  const widest = Math.max(width, inner)
  const narrowestBlock = 16
  const mostPreviewed = model.preview === undefined ? 0 : mostLogits
  const at = {
    plan: room(plan.planBytes),
    table: room(layers * plan.layerBytes),
    weights: room(model.sizeBytes),
    ids: room(4 * mostTokens),
    positions: room(4 * mostTokens),
    rows: room(4 * mostTokens),
    mask: room(4 * mostTokens * maskRows),
    staging: room(4 * mostTokens * width),
    logits: room(4 * mostLogits * model.vocabulary),
    hidden: room(4 * mostTokens * width),
    joined: room(4 * mostTokens * 3 * width),
    attended: room(4 * mostTokens * width),
    expanded: room(4 * mostTokens * inner),
    picked: room(4 * mostTokens * width),
    codes: room(2 * mostTokens * widest),
    codeScales: room((4 * mostTokens * widest) / narrowestBlock),
    codeSums: room((4 * mostTokens * widest) / narrowestBlock),
    previewCodes: room(mostPreviewed * width),
    previewScales: room((4 * mostPreviewed * width) / narrowestBlock),
    previewOffsets: room((4 * mostPreviewed * width) / narrowestBlock),
    previewVariances: room((4 * mostPreviewed * width) / narrowestBlock),
    estimates: room((4 * mostPreviewed * model.vocabulary) / groupRows),
    bounds: room((4 * mostPreviewed * model.vocabulary) / groupRows),
    thresholds: room(4 * mostPreviewed),
    scores: room(16 * mostLogits),
    targets: room(4 * mostLogits),
  }
  const fullRows = Math.ceil(maskRows / 16) * 16
  const own = { scales: 2 * widest, sums: 2 * widest + widest / 4, row: 2 * widest + widest / 2, scores: 6 * widest + widest / 2 + 256, spread: 0 }
  own.spread = Math.ceil((own.scores + 128 + 4 * (4 * headDim + 4 * fullRows)) / 64) * 64
  const threadBytes = own.spread + 4 * (2 * headDim * fullRows)
  const threadRoom = room(threads.many * threadBytes)
  const weightsAt = (offset: number): number => at.weights + offset

  const prepare = (view: DataView): void => view.setUint32(at.plan + plan.few, threads.few, true)
  const describe = (view: DataView): void => {
    const set = (field: number, value: number): void => view.setUint32(at.plan + field, value, true)
    const matrix = (address: number, { codes, scales, zeros, bias }: LaneMatrix): void => {
      view.setUint32(address, weightsAt(codes), true)
      view.setUint32(address + plan.matrixScales, weightsAt(scales), true)
      view.setUint32(address + plan.matrixZeros, weightsAt(zeros), true)
      view.setUint32(address + plan.matrixBias, bias === 0 ? 0 : weightsAt(bias), true)
    }
    const norm = (address: number, { weight, bias }: LaneNorm): void => {
      view.setUint32(address, weightsAt(weight), true)
      view.setUint32(address + 4, weightsAt(bias), true)
    }
    set(plan.mostActive, threads.few)
    set(plan.layers, layers)
    set(plan.heads, heads)
    set(plan.headDim, headDim)
    set(plan.width, width)
    set(plan.inner, inner)
    set(plan.vocabulary, model.vocabulary)
    set(plan.tokens, vocabulary)
    set(plan.widthBlock, model.blocks.width)
    set(plan.innerBlock, model.blocks.inner)
    set(plan.vocabularyBlock, model.blocks.vocabulary)
    view.setFloat32(at.plan + plan.epsilon, epsilon, true)
    set(plan.activation, activations[activation])
    set(plan.embeddingCodes, weightsAt(model.embedding.codes))
    set(plan.embeddingScales, weightsAt(model.embedding.scales))
    matrix(at.plan + plan.headMatrix, model.head)
    set(plan.preview, model.preview === undefined ? 0 : weightsAt(model.preview.codes))
    set(plan.lowerHalves, model.preview === undefined ? 0 : weightsAt(model.preview.lowerHalves))
    set(plan.places, weightsAt(model.places))
    norm(at.plan + plan.lastNormWeight, model.lastNorm)
    set(plan.layerTable, at.table)
    for (const [i, layer] of model.layers.entries()) {
      const record = at.table + i * plan.layerBytes
      matrix(record + plan.joinedMatrix, layer.joined)
      matrix(record + plan.projectionMatrix, layer.projection)
      matrix(record + plan.expandingMatrix, layer.expanding)
      matrix(record + plan.contractingMatrix, layer.contracting)
      norm(record + plan.firstNormWeight, layer.firstNorm)
      norm(record + plan.secondNormWeight, layer.secondNorm)
    }
    for (const name of sharedRooms) set(plan[name], at[name])
    set(plan.threadRoom, threadRoom)
    set(plan.threadBytes, threadBytes)
    set(plan.ownScales, own.scales)
    set(plan.ownSums, own.sums)
    set(plan.ownRow, own.row)
    set(plan.ownScores, own.scores)
    set(plan.ownSpread, own.spread)
  }
  return { plan: at.plan, weights: at.weights, ids: at.ids, positions: at.positions, rows: at.rows, mask: at.mask, staging: at.staging, logits: at.logits, targets: at.targets, scores: at.scores, picked: at.picked, end, prepare, describe }
}
