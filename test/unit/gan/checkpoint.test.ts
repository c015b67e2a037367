import { describe, expect, it } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../../src/gan/checkpoint'
import { crc32 } from '../../../src/gan/crc32'
import { Curves } from '../../../src/gan/curves'
import { Frames, showcaseCount } from '../../../src/gan/frames'
import { Random } from '../../../src/gan/random'
import { initialState } from '../../../src/gan/trainer'
import { tinySettings } from '../../support/tinyRun'

function example(): Checkpoint {
  const curves = new Curves()
  for (let step = 1; step <= 7; step++) curves.add(step, { lossReal: 1 / step, lossFake: 2, lossGenerator: 3, accuracyReal: 0.5, accuracyFake: 1 })
  const frames = new Frames(10)
  frames.add({ step: 0, pixels: new Uint8Array(showcaseCount * 784).fill(7) })
  frames.add({ step: 10, pixels: new Uint8Array(showcaseCount * 784).fill(9) })
  const state = initialState(tinySettings)
  return {
    settings: tinySettings,
    step: 7,
    random: Random.from(3, 'training').state,
    backend: 'wasm',
    data: { count: 20, crc: 12345 },
    engine: { ...state, discriminator: { ...state.discriminator, updates: 30 } },
    curves,
    scores: [{ step: 5, count: 10, confident: 0.5, coverage: 3, asked: undefined, distance: 99.5 }],
    frames,
  }
}

const file = encodeCheckpoint(example())

/** The file with its header rewritten and its check sum right again. */
function withHeader(change: (header: Record<string, unknown>) => void): Uint8Array {
  const size = new DataView(file.buffer).getUint32(8, true)
  const header = JSON.parse(new TextDecoder().decode(file.subarray(12, 12 + size))) as Record<string, unknown>
  change(header)
  const text = new TextEncoder().encode(JSON.stringify(header).padEnd(size))
  const padded = new Uint8Array(Math.ceil(text.length / 4) * 4).fill(0x20)
  padded.set(text)
  const out = new Uint8Array(12 + padded.length + file.length - 12 - size)
  out.set(file.subarray(0, 12))
  new DataView(out.buffer).setUint32(8, padded.length, true)
  out.set(padded, 12)
  out.set(file.subarray(12 + size), 12 + padded.length)
  return signed(out)
}

function signed(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
  return bytes
}

function changed(at: number, byte: number): Uint8Array {
  const copy = file.slice()
  copy[at] = byte
  return copy
}

describe('a checkpoint', () => {
  it('comes back as it was, also from a view into a larger buffer as Node hands it out', () => {
    const buffer = Buffer.alloc(file.length + 13)
    buffer.set(file, 13)
    for (const bytes of [file, buffer.subarray(13)]) {
      const { curves, frames, ...rest } = decodeCheckpoint(bytes)
      const { curves: givenCurves, frames: givenFrames, ...given } = example()
      expect(rest).toEqual(given)
      expect(curves.toArray()).toEqual(givenCurves.toArray())
      expect(frames.all).toEqual(givenFrames.all)
      expect([curves.stride, frames.every]).toEqual([1, 10])
    }
  })

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'not a checkpoint'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, ...new Uint8Array(50)), 'not a checkpoint'],
    ['one that was cut in the header', file.subarray(0, 40), 'ends too early'],
    ['one that was cut in the weights', file.subarray(0, file.length - 1000), 'instead of'],
    ['one with something behind it', Buffer.concat([file, new Uint8Array(4)]), 'instead of'],
    ['one with a flipped bit', changed(file.length - 5000, 0xff ^ (file.at(-5000) ?? 0)), 'check sum'],
    ['one of a later version', changed(7, 3), 'version is 3'],
    ['one of an earlier version, whose labels were quieter', changed(7, 1), 'version is 1'],
    ['one whose header claims gigabytes', changed(11, 0x7f), 'ends too early'],
    ['one whose header is no JSON', signed(changed(12, 0x7d)), 'not JSON'],
    ['one of other networks', withHeader((header) => Object.assign(header['settings'] as object, { generatorWidths: [7, 10] })), 'instead of'],
    ['one with settings out of bounds', withHeader((header) => Object.assign(header['settings'] as object, { batchSize: 0 })), 'batchSize'],
    ['one without a random state', withHeader((header) => (header['random'] = [0, 0, 0, 0])), 'random state'],
    ['one of an unknown backend', withHeader((header) => (header['backend'] = 'abacus')), 'backend'],
    ['one with a negative step', withHeader((header) => (header['step'] = -1)), 'step'],
    ['one with too many curve rows', withHeader((header) => (header['curves'] = { rows: 1e5, stride: 1 })), 'instead of'],
    ['one with frames out of order', withHeader((header) => (header['frames'] = { every: 10, steps: [10, 0] })), 'order'],
  ])('is not taken from %s', (_what, bytes, reason) => {
    expect(() => decodeCheckpoint(bytes)).toThrow(/The checkpoint cannot be read/)
    expect(() => decodeCheckpoint(bytes)).toThrow(reason)
  })

  it('that holds weights that are no numbers is not taken', () => {
    const sick = example()
    sick.engine.generator.weights[3] = Number.NaN
    expect(() => decodeCheckpoint(encodeCheckpoint(sick))).toThrow('not finite')
  })

  it('is refused or read, never worse, whatever single byte is changed in its head', () => {
    for (let at = 0; at < 700; at++) {
      const bytes = signed(changed(at, (file[at] ?? 0) ^ 0x15))
      try {
        decodeCheckpoint(bytes)
      } catch (error) {
        expect((error as { code?: string }).code, `byte ${at}`).toBe('gan-checkpoint-broken')
      }
    }
  })
})

describe('CRC-32', () => {
  it('is the one of gzip and PNG', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
    const bytes = new TextEncoder().encode('The quick brown fox jumps over the lazy dog')
    expect(crc32(bytes)).toBe(0x414fa339)
    expect(crc32(bytes.subarray(0, 0))).toBe(0)
  })
})
