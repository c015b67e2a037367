/**
 * Steps of a few tokens through GPT-2, on several threads that share one memory. It reads every weight once, in the order
 * in which they lie, and needs no operator of anybody else's.
 */
import { normalize, roundTo16, roundTo7, roundTo8 } from './activations'
import { attend } from './attention'
import { decide, preview, readDecided, roundForPreview } from './preview'
import { scoreRows } from './scores'
import { activated, add, product, put } from './products'
import { barrier, beginGeneration, claim, field, nextGeneration } from './threads'
import * as plan from './plan'

export { arrangeColumns, arrangeRows } from './arrange'
export { giveRows, keepRows } from './attention'

/** Runs the step that the plan describes, with all threads that wait to help. */
export function step(at: usize): void {
  store<u32>(at, 0, plan.claimed)
  beginGeneration(at, min(atomic.load<u32>(at, plan.attached) + 1, <u32>field(at, plan.mostActive)))
  run(at, 0)
}

/** Helps with every step until it is told to leave. Returns then. */
export function help(at: usize): void {
  const generation = atomic.load<u32>(at, plan.generation), many = atomic.load<u32>(at, plan.manyGeneration)
  const thread = atomic.add<u32>(at, 1, plan.attached) + 1
  const isFew = thread < field(at, plan.few)
  let seen = isFew ? generation : many
  for (;;) {
    seen = nextGeneration(at, isFew, seen)
    if (atomic.load<u32>(at, plan.leaving) != 0) return
    // One that came after the step began waits for the next.
    if (thread < (seen & 255)) run(at, thread)
  }
}

/** Sends the helpers away. */
export function leave(at: usize): void {
  atomic.store<u32>(at, 1, plan.leaving)
  beginGeneration(at, 0)
}

function run(at: usize, thread: usize): void {
  const layers = field(at, plan.layers)
  const width = field(at, plan.width)
  const inner = field(at, plan.inner)
  const kind = field(at, plan.kind)
  const widthBlock = field(at, plan.widthBlock)
  const innerBlock = field(at, plan.innerBlock)
  const wanted = field(at, plan.wanted)
  // Behind its last barrier a thread may find the next step's plan.
  const headBehind = field(at, plan.headBehind) != 0
  const scores = field(at, plan.targets) != 0
  const own = field(at, plan.threadRoom) + thread * field(at, plan.threadBytes)
  const compared = own + field(at, plan.ownScores)
  const spread = own + field(at, plan.ownSpread)
  const joined = field(at, plan.joined)
  const attended = field(at, plan.attended)
  const expanded = field(at, plan.expanded)
  let n = field(at, plan.count)
  let hidden = field(at, plan.hidden)
  let record = field(at, plan.layerTable)

  if (n == 0) {
    hidden = field(at, plan.picked)
    n = wanted
  } else {
    embed(at, n)
    barrier(at)
  }
  for (let layer: usize = field(at, plan.count) == 0 ? layers : 0; layer < layers; layer++) {
    const last = layer == layers - 1
    round(at, own, hidden, n, width, widthBlock, kind, field(record, plan.firstNormWeight), field(record, plan.firstNormBias))
    multiply(at, own, n, record + plan.joinedMatrix, kind, width, widthBlock, width * 3, joined, put)
    barrier(at)
    const before = n
    if (last) n = wanted
    attend(at, layer, before, n, last ? field(at, plan.rows) : <usize>0, attended, compared, spread)
    if (last) hidden = pick(at, thread, width)
    barrier(at)
    // After the last attention nothing flows between tokens: only those go on whose logits are wanted.
    if (n == 0) return
    round(at, own, attended, n, width, widthBlock, kind, 0, 0)
    multiply(at, own, n, record + plan.projectionMatrix, kind, width, widthBlock, width, hidden, add)
    barrier(at)
    round(at, own, hidden, n, width, widthBlock, kind, field(record, plan.secondNormWeight), field(record, plan.secondNormBias))
    multiply(at, own, n, record + plan.expandingMatrix, kind, width, widthBlock, inner, expanded, activated)
    barrier(at)
    round(at, own, expanded, n, inner, innerBlock, kind, 0, 0)
    multiply(at, own, n, record + plan.contractingMatrix, kind, inner, innerBlock, width, hidden, add)
    barrier(at)
    record += plan.layerBytes
  }
  if (headBehind) return
  if (field(at, plan.preview) == 0 || load<f32>(at, plan.within) == Infinity) head(at, own, hidden, n, width)
  else previewedHead(at, own, hidden, n, width)
  barrier(at)
  if (!scores) return
  scoreRows(at, n)
  barrier(at)
}

function head(at: usize, own: usize, hidden: usize, m: usize, width: usize): void {
  const block = field(at, plan.vocabularyBlock)
  round(at, own, hidden, m, width, block, plan.exact, field(at, plan.lastNormWeight), field(at, plan.lastNormBias))
  multiply(at, own, m, at + plan.headMatrix, plan.exact, width, block, field(at, plan.vocabulary), field(at, plan.logits), put)
}

/** The same where `within` lets most logits be estimates. What is read whole is decided for each token by itself. */
function previewedHead(at: usize, own: usize, hidden: usize, m: usize, width: usize): void {
  const block = field(at, plan.vocabularyBlock)
  const row = own + field(at, plan.ownRow)
  for (;;) {
    const t = claim(at, 1)
    if (t >= m) break
    const first = (t * (width / block)) << 2
    roundRow(at, own, hidden + ((t * width) << 2), width, block, plan.exact, field(at, plan.lastNormWeight), field(at, plan.lastNormBias), field(at, plan.codes) + ((t * width) << 1), field(at, plan.codeScales) + (t << 2), 0)
    roundForPreview(row, width, block, field(at, plan.lowerHalves), field(at, plan.previewCodes) + t * width, field(at, plan.previewScales) + first, field(at, plan.previewOffsets) + first, field(at, plan.previewVariances) + first)
  }
  barrier(at)
  preview(at, m, width, block)
  barrier(at)
  decide(at, m, width, block, row)
  barrier(at)
  readDecided(at, m, width, block)
}

/** Token embeddings and places. Rows of the embedding lie among the others of their group. */
function embed(at: usize, n: usize): void {
  const width = field(at, plan.width)
  const block = field(at, plan.vocabularyBlock)
  const blocks = width / block
  for (;;) {
    const t = claim(at, 1)
    if (t >= n) return
    const id = <usize>load<u32>(field(at, plan.ids) + (t << 2))
    const lane = id & 15
    const codes = field(at, plan.embeddingCodes) + (id >> 4) * width * 16 + lane * 4
    const scales = field(at, plan.embeddingScales) + (id >> 4) * blocks * 64 + lane * 4
    const place = field(at, plan.places) + ((<usize>load<u32>(field(at, plan.positions) + (t << 2)) * width) << 2)
    const to = field(at, plan.hidden) + ((t * width) << 2)
    for (let i: usize = 0; i < width; i++) {
      const code = <f32>load<i8>(codes + (i >> 2) * 64 + ((i & 1) << 1) + ((i >> 1) & 1))
      store<f32>(to + (i << 2), code * load<f32>(scales + (i / block) * 64) + load<f32>(place + (i << 2)))
    }
  }
}

/** Copies the hidden states whose logits are wanted. @returns where they are */
function pick(at: usize, thread: usize, width: usize): usize {
  const to = field(at, plan.picked)
  if (thread == 0) {
    const rows = field(at, plan.rows)
    const hidden = field(at, plan.hidden)
    for (let i: usize = 0; i < field(at, plan.wanted); i++) memory.copy(to + ((i * width) << 2), hidden + ((<usize>load<u32>(rows + (i << 2)) * width) << 2), width << 2)
  }
  return to
}

/** Rounds [n, columns] for a product, normalized before where there is a weight. One token every thread does for itself. */
function round(at: usize, own: usize, rows: usize, n: usize, columns: usize, block: usize, kind: usize, weight: usize, bias: usize): void {
  if (n == 1) {
    return roundRow(at, own, rows, columns, block, kind, weight, bias, own, own + field(at, plan.ownScales), own + field(at, plan.ownSums))
  }
  const blocks = kind == plan.exact ? <usize>1 : columns / block
  for (;;) {
    const t = claim(at, 1)
    if (t >= n) break
    const codes = field(at, plan.codes) + t * columns * (kind == plan.exact ? <usize>2 : <usize>1)
    roundRow(at, own, rows + ((t * columns) << 2), columns, block, kind, weight, bias, codes, field(at, plan.codeScales) + ((t * blocks) << 2), field(at, plan.codeSums) + ((t * blocks) << 2))
  }
  barrier(at)
}

function roundRow(at: usize, own: usize, row: usize, columns: usize, block: usize, kind: usize, weight: usize, bias: usize, codes: usize, scales: usize, sums: usize): void {
  let from = row
  if (weight != 0) {
    from = own + field(at, plan.ownRow)
    normalize(row, columns, weight, bias, load<f32>(at, plan.epsilon), from)
  }
  if (kind == plan.exact) roundTo16(from, columns, codes, scales)
  else if (kind == plan.coarse) roundTo7(from, columns, block, codes, scales, sums)
  else roundTo8(from, columns, block, codes, scales, sums)
}

function multiply(at: usize, own: usize, n: usize, matrix: usize, kind: usize, columns: usize, block: usize, rows: usize, y: usize, what: usize): void {
  const alone = n == 1
  const codes = alone ? own : field(at, plan.codes)
  const scales = alone ? own + field(at, plan.ownScales) : field(at, plan.codeScales)
  const sums = alone ? own + field(at, plan.ownSums) : field(at, plan.codeSums)
  product(at, codes, scales, sums, n, matrix, kind, columns, block, rows, y, what, own + field(at, plan.ownRow))
}
