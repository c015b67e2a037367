import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileWhole } from '../../../src/engine/lanes/compileWhole'
import { decoderFile } from '../../support/decoder'
import { openPreviewed } from '../../support/previewedDecoder'
import { modelFolder } from './expected'

const bytes = readFileSync(await decoderFile())

/** The same module with another number of the activation function: what a compiler's mistake would be like. */
function spoilt(): Uint8Array {
  const factor = Buffer.alloc(4)
  factor.writeFloatLE(0.044715)
  const copy = Buffer.from(bytes)
  let found = 0
  for (let at = copy.indexOf(factor); at >= 0; at = copy.indexOf(factor, at + 4)) {
    copy.writeFloatLE(0.44715, at)
    found++
  }
  expect(found).toBeGreaterThan(0)
  return copy
}

describe('wide vectors', () => {
  it('are compared with what V8 makes of the same kernels as a rule', async () => {
    const decoder = await openPreviewed(path.join(modelFolder('blocks-128')), 8, 2)
    const ids = Int32Array.of(1, 2, 3)
    const before = decoder.read(ids, 3, Infinity)
    expect(await decoder.agreesWith(await compileWhole(bytes, false))).toBe(true)
    expect(await decoder.agreesWith(await compileWhole(spoilt(), false))).toBe(false)
    // What it looked at leaves nothing behind.
    expect(decoder.read(ids, 3, Infinity)).toEqual(before)
    decoder.dispose()
  })
})

describe('threads', () => {
  it('of a prompt may be more than of a token, and change nothing', async () => {
    const folder = path.join(modelFolder('blocks-128'))
    const ids = Int32Array.from({ length: 60 }, (_, i) => (i * 37 + 5) % 90)
    const [one, several] = [await openPreviewed(folder, 8, 1), await openPreviewed(folder, 8, 2, 4)]
    // Now a prompt, now few tokens: threads that wait for prompts let the others pass.
    for (const piece of [20, 3, 30, 1, 60]) expect(several.read(ids, piece, Infinity)).toEqual(one.read(ids, piece, Infinity))
    one.dispose()
    several.dispose()
  })
})
