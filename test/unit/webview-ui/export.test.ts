import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { encodeCheckpoint } from '../../../src/gan/checkpoint'
import { Curves } from '../../../src/gan/curves'
import { Frames, showcaseCount } from '../../../src/gan/frames'
import { describeGan, imageSize } from '../../../src/gan/network'
import { drawSamples } from '../../../src/gan/sampling'
import { presets, type TrainingSettings } from '../../../src/gan/settings'
import { initialState } from '../../../src/gan/trainer'
import { cpuEngineFactory } from '../../../src/gan-tfjs/cpuBackend'
import { joinLabels } from '../../../src/gan/oneHot'
import { curvesOf } from '../../../webview-ui/export/curvesOf'
import { encodeFilm } from '../../../webview-ui/export/gif'
import { kerasFiles } from '../../../webview-ui/export/keras'
import { layersModelFiles } from '../../../webview-ui/export/layersModel'
import { encodeSheet } from '../../../webview-ui/export/png'
import { printPalette } from '../../../webview-ui/pictures/palette'
import { makeSheet } from '../../../webview-ui/pictures/sheet'

const settings: TrainingSettings = { ...presets.digits, latentSize: 6, generatorWidths: [8, 9], discriminatorWidths: [7] }

function checkpoint(): Uint8Array {
  const curves = new Curves()
  for (let step = 1; step <= 3; step++) curves.add(step, { lossReal: 0.5, lossFake: 0.25, lossGenerator: step, accuracyReal: 1, accuracyFake: 0 })
  const frames = new Frames(1)
  frames.add({ step: 0, pixels: new Uint8Array(showcaseCount * imageSize) })
  return encodeCheckpoint({
    settings, step: 3, random: [1, 2, 3, 4], backend: 'cpu', data: { count: 1, crc: 0 }, engine: initialState(settings), curves, frames,
    scores: [{ step: 2, count: 10, confident: 0.5, coverage: 4, asked: 0.25, distance: 120 }],
  })
}

describe('A sheet of pictures', () => {
  it.each([
    [4, 2, 1, 0, 56, 56], [4, 10, 1, 0, 112, 28], [3, 2, 2, 4, 124, 124], [1, 10, 4, 8, 128, 128],
  ])('of %i in %i columns at scale %i with gaps of %i is %i × %i', (count, columns, scale, gap, width, height) => {
    const sheet = makeSheet(new Uint8Array(count * imageSize).fill(255), { columns, scale, gap })
    expect([sheet.width, sheet.height, sheet.pixels.length]).toEqual([width, height, width * height])
    expect(sheet.pixels.reduce((sum, pixel) => sum + pixel, 0)).toBe(count * imageSize * scale * scale * 255)
  })

  it('becomes a PNG, black on white', () => {
    const sheet = makeSheet(Uint8Array.from({ length: imageSize }, (_, i) => i % 256), { columns: 1, scale: 1, gap: 0 })
    const { width, height, channels, data } = decode(encodeSheet(sheet, printPalette))
    expect([width, height, channels]).toEqual([28, 28, 3])
    expect([...data.slice(0, 3)]).toEqual([255, 255, 255])
    expect([...data.slice(255 * 3, 255 * 3 + 3)]).toEqual([17, 17, 17])
  })

  it('becomes a frame of an endless GIF', () => {
    const sheets = [0, 128, 255].map((grey) => makeSheet(new Uint8Array(imageSize).fill(grey), { columns: 1, scale: 1, gap: 0 }))
    const film = Buffer.from(encodeFilm(sheets, { palette: printPalette, frameMs: 80, lastMs: 2000 }))
    expect(film.subarray(0, 6).toString('latin1')).toBe('GIF89a')
    expect([film.readUInt16LE(6), film.readUInt16LE(8)]).toEqual([28, 28])
    expect(film.includes('NETSCAPE2.0')).toBe(true)
    const delays: number[] = []
    for (let at = film.indexOf('21f904', 'hex'); at >= 0; at = film.indexOf('21f904', at + 1, 'hex')) delays.push(film.readUInt16LE(at + 4))
    expect(delays).toEqual([8, 8, 200])
    expect(film.at(-1)).toBe(0x3b)
  })
})

describe('The curves', () => {
  it('become a table for a spreadsheet, and lines to compare', () => {
    const { csv, loss, distance } = curvesOf(checkpoint())
    expect(csv.split('\n').slice(0, 2)).toEqual(['step,lossReal,lossFake,lossGenerator,accuracyReal,accuracyFake', '1,0.5,0.25,1,1,0'])
    expect(loss).toEqual([[1, 1], [2, 2], [3, 3]])
    expect(distance).toEqual([[2, 120]])
  })

  it('of a run without a checkpoint are empty', () => {
    expect(curvesOf(undefined)).toEqual({ csv: '', loss: [], distance: [] })
  })
})

describe('The TensorFlow.js model', () => {
  it('draws what the trainer draws', async () => {
    const files = new Map(layersModelFiles(checkpoint()).map(({ name, bytes }) => [name, bytes]))
    const model = JSON.parse(new TextDecoder().decode(files.get('model.json'))) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] }
    const weights = files.get('weights.bin') ?? new Uint8Array()
    const loaded = await loadLayersModel(tf.io.fromMemory({ modelTopology: model.modelTopology, weightSpecs: model.weightsManifest[0]?.weights ?? [], weightData: weights.slice().buffer }))
    const request = drawSamples(settings, 5, 10)
    const engine = await cpuEngineFactory(describeGan(settings), initialState(settings))
    const expected = await engine.sample(request)
    const input = joinLabels(request.latents, request.labels ?? new Uint8Array(), settings.latentSize, 1)
    const output = loaded.predict(tf.tensor2d(input, [10, settings.latentSize + 10])) as tf.Tensor
    expect(output.shape).toEqual([10, 28, 28, 1])
    const drawn = await output.data()
    expect(Math.max(...drawn.map((value, i) => Math.abs(value - (expected[i] ?? 0))))).toBeLessThan(1e-6)
    engine.dispose()
  })
})

describe('The Keras script', () => {
  it('comes with settings and weights that NumPy reads', () => {
    const files = new Map(kerasFiles(checkpoint()).map(({ name, bytes }) => [name, Buffer.from(bytes)]))
    expect([...files.keys()]).toEqual(['train.py', 'run.json', 'weights.npz'])
    expect(files.get('train.py')?.toString()).toContain('tf.GradientTape')
    expect(JSON.parse(files.get('run.json')?.toString() ?? '')).toMatchObject({ step: 3, latentSize: 6, generatorUpdates: 0 })
    const zip = files.get('weights.npz') ?? Buffer.alloc(0)
    expect(zip.readUInt32LE(0)).toBe(0x04034b50)
    const end = zip.length - 22
    expect(zip.readUInt32LE(end)).toBe(0x06054b50)
    expect(zip.readUInt16LE(end + 10)).toBe(6 * 4 + 4 * 3)
    expect(zip.includes("'shape': (16, 8)")).toBe(true)
  })
})
