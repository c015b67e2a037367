import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openGpt2 } from '../../../src/engine/onnx/openGpt2'
import { logSumExp } from '../../../src/language/probabilities'
import { decoderFile } from '../../support/decoder'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { openPreviewed } from '../../support/previewedDecoder'
import { writeRandomGpt2, type RandomGpt2 } from '../../support/randomGpt2'
import { argmax } from '../numbers'
import { idsOnly } from './expected'

const root = path.join(__dirname, '../../..')
const home = mkdtempSync(path.join(tmpdir(), 'inkling-preview-'))
afterAll(() => rmSync(home, { recursive: true }))

/** Blocks of every length, and vocabularies that groups of rows fill and do not fill. */
const shapes: Readonly<Record<string, RandomGpt2>> = {
  'blocks of 32 columns': { n_embd: 96, n_head: 4, n_layer: 2, n_positions: 80, vocab_size: 3003 },
  'blocks of 128 columns and an untied head': { n_embd: 256, n_head: 4, n_layer: 2, n_positions: 80, vocab_size: 2000, tie_word_embeddings: false },
}

function written(shape: RandomGpt2, spread?: number): string {
  const folder = path.join(home, JSON.stringify([shape, spread]).replace(/\W+/g, '-'))
  if (mkdirSync(folder, { recursive: true }) !== undefined) writeRandomGpt2(folder, shape, spread)
  return folder
}

function drawnIds(count: number, vocabulary: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => (i * 7919 + 3) % vocabulary)
}

/** Ids whose logit is not what was asked for: the very number near the highest, and less than that elsewhere. */
function wrong(actual: Float32Array, full: Float32Array, exactWithin: number): readonly number[] {
  const from = (full[argmax(full)] ?? NaN) - exactWithin
  return Array.from(full.keys()).filter((id) => !((full[id] ?? NaN) >= from ? actual[id] === full[id] : (actual[id] ?? NaN) < from))
}

/** Places of a text whose logits are not the same bits. (The matchers for arrays take seconds for so many numbers.) */
function differing(actual: readonly Float32Array[], expected: readonly Float32Array[]): readonly number[] {
  return Array.from(expected.keys()).filter((i) => !Buffer.from(actual[i]?.slice().buffer ?? new ArrayBuffer(0)).equals(Buffer.from(expected[i]?.slice().buffer ?? new ArrayBuffer(0))))
}

describe.each(Object.entries(shapes))('a head with a preview, with %s', (_, shape) => {
  it.each([[8, 0], [8, 0.3], [4, 0]] as const)('has in %i bits the full head’s numbers as far as %f below the highest, however tokens come and however many threads there are', async (bits, exactWithin) => {
    const ids = drawnIds(60, shape.vocab_size)
    const decoder = await openPreviewed(written(shape), bits, 2)
    const full = decoder.read(ids, 1, Infinity)
    const expected = decoder.read(ids, 1, exactWithin)
    decoder.dispose()
    for (const [i, logits] of expected.entries()) expect(wrong(logits, full[i] ?? logits, exactWithin)).toEqual([])
    expect(differing(expected, full).length).toBeGreaterThan(40)
    for (const threads of [1, 2, 3]) {
      const other = await openPreviewed(written(shape), bits, threads)
      for (const piece of [1, 2, 3, 4, 16]) expect(differing(other.read(ids, piece, exactWithin), expected)).toEqual([])
      other.dispose()
    }
  })

  it('is read whole where logits are flat, and gives the very numbers of the full head', async () => {
    const ids = drawnIds(20, shape.vocab_size)
    const decoder = await openPreviewed(written(shape), 8, 2)
    const full = decoder.read(ids, 1, Infinity)
    for (const piece of [1, 3]) expect(differing(decoder.read(ids, piece, 5), full)).toEqual([])
    expect(decoder.readWhole()).toBe(1)
    decoder.dispose()
  })

  it('says that numbers are not finite instead of estimating them', async () => {
    const decoder = await openPreviewed(written(shape, 1e20), 8, 1)
    expect(() => decoder.read(Int32Array.of(1, 2), 1, 0)).toThrow('not finite')
    decoder.dispose()
  })
})

const prose = 'Dear Anna,\n\nThank you for your letter, which arrived yesterday. I was glad to hear that the children are well and that the garden is in bloom. We spent the weekend at the lake, where the weather was better than anybody had expected.\n\n'
const list = '- apples, 3 pounds\n- flour\n- 12 eggs\n- butter (unsalted)\n\n1. Heat the oven to 180 °C.\n2. Mix flour and butter.\n3. Add the eggs one at a time.\n'
const texts: Readonly<Record<string, string>> = {
  'a letter': prose,
  'a list': list,
  documentation: readFileSync(path.join(root, 'docs/devices.md'), 'utf8'),
  code: readFileSync(path.join(root, 'src/language/generate.ts'), 'utf8'),
}

describe('a head with a preview, with weights that were trained', () => {
  it.each(Object.entries(texts))('finds every highest logit of %s, reads few rows whole, and is right about the rest', { timeout: 60_000 }, async (_, text) => {
    const ids = embeddedTokenizer.encode(text).subarray(0, 200)
    const decoder = await openPreviewed(path.join(root, 'media/model'), 8, 2)
    const full = decoder.read(ids, 1, Infinity)
    let share = 0
    const logits = decoder.read(ids, 1, 0, (past) => {
      const bounds = decoder.bounds()
      // Bounds are six standard deviations off.
      expect(full[past]?.findIndex((logit, id) => logit > (bounds[id >> 4] ?? NaN))).toBe(-1)
      share += decoder.readWhole() / ids.length
    })
    let off = 0
    for (const [i, row] of logits.entries()) {
      expect(wrong(row, full[i] ?? row, 0)).toEqual([])
      off += (logSumExp(row) - logSumExp(full[i] ?? row)) / ids.length
    }
    expect(share).toBeLessThan(0.02)
    expect(Math.abs(off)).toBeLessThan(0.02)
    decoder.dispose()
  })
})

describe('a large model', () => {
  it('has a preview, which nobody sees who asks for nothing', { timeout: 60_000 }, async () => {
    const shape: RandomGpt2 = { n_embd: 512, n_head: 8, n_layer: 6, n_positions: 40, vocab_size: 32768 }
    const model = await openGpt2({ folder: written(shape), tokenizer: idsOnly(shape.vocab_size), precision: 'int8', device: 'cpu', threads: 2, cacheFolder: undefined, decoder: await decoderFile() })
    const context = model.open()
    const again = async (exactWithin?: number): Promise<Float32Array> => {
      context.truncate(0)
      return (await context.extend(Int32Array.of(1, 2, 3), undefined, { exactWithin })).slice()
    }
    const full = await again()
    const greedy = await again(0)
    expect(wrong(greedy, full, 0)).toEqual([])
    expect(greedy).not.toEqual(full)
    expect(await again(Infinity)).toEqual(full)

    const branches = context.fork(2)
    const tokens = Int32Array.of(4, 5)
    const each = (await branches.extend([0, 1], tokens)).map((logits) => logits.slice())
    branches.dispose()
    const others = context.fork(2)
    for (const [branch, logits] of (await others.extend([0, 1], tokens, undefined, { exactWithin: 0 })).entries()) expect(wrong(logits, each[branch] ?? logits, 0)).toEqual([])
    others.dispose()
    model.dispose()
  })
})
