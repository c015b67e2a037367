import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import type { Measured } from '../../../src/gan/protocol/hostProtocol'
import { fieldNames, fields, parseSettings, presets } from '../../../src/gan/settings'
import { fastestFirst, measureAll, measureOrder, needsMeasuring } from '../../../webview-ui/backendChoice'
import { CurveTable } from '../../../webview-ui/curveTable'
import { centreSquare, toGrey } from '../../../webview-ui/pictures/crop'
import { parseColor, ramp } from '../../../webview-ui/pictures/palette'
import { realSamples } from '../../../webview-ui/realSamples'
import { Store } from '../../../webview-ui/store'
import { Latest } from '../../../webview-ui/views/latest'
import { runName } from '../../../webview-ui/views/runName'
import { fieldWords, groups, readField, showField } from '../../../webview-ui/views/settingFields'

describe('The store of the page', () => {
  it('draws once a frame, and only what changed', () => {
    const frames: (() => void)[] = []
    const store = new Store({ a: 1, b: 1 }, (draw) => frames.push(draw))
    const drawn: string[] = []
    store.watch(({ a }) => [a], (a) => drawn.push(`a${a}`))
    store.watch(({ b }) => [b], (b) => drawn.push(`b${b}`))
    store.update({ a: 2 })
    store.update({ a: 3 })
    expect(frames).toHaveLength(1)
    frames.shift()?.()
    expect(drawn).toEqual(['a1', 'b1', 'a3'])
    store.update({ a: 3 })
    frames.shift()?.()
    expect(drawn).toHaveLength(3)
  })
})

describe('The curves of the page', () => {
  const rows = (...steps: number[]): Float32Array => Float32Array.from(steps.flatMap((step) => [step, 1, 2, 3, 0.5, 0.25]))

  it('grow, thin out, and keep the newest row', () => {
    const curves = new CurveTable()
    for (let step = 1; step <= 20_001; step++) curves.add(rows(step))
    expect(curves.length).toBeLessThanOrEqual(8192)
    expect(curves.last('step')).toBe(20_001)
    const steps = curves.column('step')
    expect(steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0))).toBe(true)
    expect(curves.column('lossGenerator')).toHaveLength(curves.length)
  })

  it('are smoothed without being drawn towards zero at their start, and pass over what is no number', () => {
    const curves = new CurveTable()
    curves.replace(Float32Array.from([1, Number.NaN, 2, 2, 2].flatMap((value, i) => [i, value, 0, 0, 0, 0])))
    const [first, second, third] = curves.smooth('lossReal', 10)
    expect(first).toBeCloseTo(1)
    expect(second).toBeNaN()
    expect(third).toBeCloseTo((0.9 * 0.1 + 0.2) / 0.19)
  })
})

describe('Of requests that come faster than answers', () => {
  it('only the first and the last are carried out', async () => {
    const done: number[] = []
    const latest = new Latest()
    const ask = (number: number): Promise<void> => latest.run(async () => {
      await Promise.resolve()
      done.push(number)
    })
    const first = ask(1)
    void ask(2)
    void ask(3)
    await first
    expect(done).toEqual([1, 3])
  })
})

describe('The form of the settings', () => {
  it('has words and a place for every field', () => {
    expect(Object.keys(fieldWords).sort()).toEqual([...fieldNames].sort())
    expect(groups.flatMap(({ names }) => names).sort()).toEqual([...fieldNames].sort())
  })

  it.each(Object.entries(presets))('shows the preset %s and reads it back', (_name, preset) => {
    const read = fieldNames.map((name) => {
      const input = { value: '', checked: false }
      showField(input, preset[name])
      return [name, readField(fields[name], input)]
    })
    expect(parseSettings(Object.fromEntries(read))).toEqual(preset)
  })

  it.each([
    ['batchSize', '0'], ['batchSize', ''], ['batchSize', '12.5'], ['batchSize', 'many'],
    ['generatorLearningRate', '1e9'], ['generatorLearningRate', '0'], ['beta1', '1'],
    ['generatorWidths', ''], ['generatorWidths', '256, x'], ['discriminatorWidths', '0'],
  ] as const)('refuses %s = %j', (name, value) => {
    const wrong = { ...presets.stable, [name]: readField(fields[name], { value, checked: false }) }
    expect(() => parseSettings(wrong)).toThrow(name)
  })
})

describe('The choice of a backend', () => {
  const took = (backend: Measured['backend'], stepMs: number | undefined): Measured => ({ backend, stepMs, reason: stepMs === undefined ? 'not here' : undefined })

  it.each<[readonly Measured[], readonly string[]]>([
    [[], []],
    [[took('cpu', 2700), took('wasm', 53)], ['wasm', 'cpu']],
    [[took('native', undefined), took('webgpu', 8), took('wasm', 53)], ['webgpu', 'wasm']],
  ])('after measuring %j tries %j in turn', (measured, backends) => {
    expect(fastestFirst(measured)).toEqual(backends)
  })

  it.each<[string, readonly Measured[], boolean]>([
    ['nothing was measured yet', [], true],
    ['a new version brought another backend', measureOrder.slice(1).map((backend) => took(backend, 1)), true],
    ['every backend was tried, also those that are not here', measureOrder.map((backend) => took(backend, backend === 'webgpu' ? undefined : 1)), false],
  ])('measures when %s', (_when, measured, needed) => {
    expect(needsMeasuring(measured)).toBe(needed)
  })

  it('measures every backend, a slow one by a single step, and notes why one cannot be used', async () => {
    const asked: string[] = []
    const shown: string[] = []
    const measured = await measureAll(presets.stable, async (backend, _settings, steps) => {
      asked.push(`${backend} ${steps}`)
      if (backend === 'webgpu') throw InklingError.of('gan-backend-unavailable', { backend, reason: 'this machine does not offer it' })
      if (backend === 'tfjs-node') throw new Error('Cannot find module')
      return backend === 'cpu' ? 2700 : 20
    }, (list) => shown.push(list.map(({ state }) => state[0]).join('')))
    expect(asked).toEqual(['native 1', 'native 3', 'wasm 1', 'wasm 3', 'webgpu 1', 'webgl 1', 'webgl 3', 'tfjs-node 1', 'cpu 1'])
    expect(shown.at(0)).toBe('mwwwww')
    expect(shown.at(-1)).toBe('ddfdfd')
    expect(measured.map(({ backend, stepMs }) => [backend, stepMs])).toEqual([['native', 20], ['wasm', 20], ['webgpu', undefined], ['webgl', 20], ['tfjs-node', undefined], ['cpu', 2700]])
    expect(measured.find(({ backend }) => backend === 'webgpu')?.reason).toBe('this machine does not offer it')
    expect(measured.find(({ backend }) => backend === 'tfjs-node')?.reason).toContain('Cannot find module')
  })
})

describe('Small decisions', () => {
  it.each([
    [[], 'Stable'],
    [['Stable'], 'Stable 2'],
    [['Stable', 'Stable 2', 'Other'], 'Stable 3'],
  ])('beside %j a new run is called %s', (names, name) => {
    expect(runName('Stable', names.map((taken) => ({ name: taken })))).toBe(name)
  })

  it.each([
    ['#1e1e1e', [30, 30, 30]], ['rgb(1, 2, 3)', [1, 2, 3]], ['rgba(1, 2, 3, 0.5)', [1, 2, 3]], ['#ff000080', [255, 0, 0]], ['red', undefined], ['', undefined],
  ])('the colour %j is %j', (text, color) => {
    expect(parseColor(text)).toEqual(color)
  })

  it('grey levels run from paper to ink', () => {
    const colors = ramp({ paper: [255, 255, 255], ink: [0, 0, 255] })
    expect([...colors.subarray(0, 4)]).toEqual([255, 255, 255, 255])
    expect([...colors.subarray(255 * 4)]).toEqual([0, 0, 255, 255])
  })

  it.each([
    [28, 28, { left: 0, top: 0, side: 28 }], [100, 60, { left: 20, top: 0, side: 60 }], [61, 100, { left: 0, top: 19, side: 61 }],
  ])('of %i × %i pixels the middle is cropped', (width, height, square) => {
    expect(centreSquare(width, height)).toEqual(square)
  })

  it('transparent pixels are white, and colours grey by their brightness', () => {
    const rgba = new Uint8ClampedArray(784 * 4)
    rgba.set([0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 0, 255, 0, 255])
    expect([...toGrey(rgba).subarray(0, 4)]).toEqual([255, 0, 255, 182])
  })

  it('real pictures stand in columns by their digit', () => {
    const labels = Uint8Array.from({ length: 100 }, (_, i) => (i * 7) % 10)
    const pixels = Uint8Array.from({ length: 100 * 784 }, (_, i) => labels[Math.floor(i / 784)] ?? 0)
    const shown = realSamples({ count: 100, pixels, labels })
    expect(Array.from({ length: 40 }, (_, i) => shown[i * 784])).toEqual(Array.from({ length: 40 }, (_, i) => i % 10))
  })
})
