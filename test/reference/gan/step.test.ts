import { describe, expect, it } from 'vitest'
import { nativeEngineFactory } from '../../../src/engine/gan/nativeEngine'
import type { EngineFactory, StepResult } from '../../../src/gan/ganEngine'
import { cpuEngineFactory } from '../../../src/gan-tfjs/cpuBackend'
import { kernelBytes, tfjsNodeFactory, wasmFactory } from '../../support/ganEngines'
import { arraysOf, numbers, stepCases, type StepCase } from './stepCases'

const tolerance = 1e-5

const engines: [string, () => Promise<EngineFactory>][] = [
  ['tfjs cpu', () => Promise.resolve(cpuEngineFactory)],
  ['tfjs wasm with our kernels', wasmFactory],
  ['ONNX Runtime', () => Promise.resolve(nativeEngineFactory(kernelBytes, 2))],
]
const tfjsNode = await tfjsNodeFactory()
if (tfjsNode) engines.push(['tfjs-node', () => Promise.resolve(tfjsNode)])

/** Largest deviation as a share of the largest number. */
function deviation(actual: Float32Array, expected: Float32Array): number {
  let worst = 0
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? 0)))
    largest = Math.max(largest, Math.abs(expected[i] ?? 0))
  }
  return worst / largest
}

async function check(makeEngine: EngineFactory, given: StepCase): Promise<void> {
  const engine = await makeEngine(given.description, given.start)
  const result = await engine.step(given.input, given.settings)
  for (const name of Object.keys(given.losses) as (keyof StepResult)[]) {
    expect(Math.abs(result[name] - given.losses[name]) / (given.losses[name] || 1), name).toBeLessThan(tolerance)
  }
  const state = await engine.read()
  engine.dispose()
  expect({ generator: state.generator.updates, discriminator: state.discriminator.updates }).toEqual(given.updates)
  for (const [name, actual] of arraysOf(state)) {
    const expected = given.arrays?.get(name)
    if (expected) expect(deviation(actual, expected), name).toBeLessThan(tolerance)
    const summary = given.summaries?.[name]
    if (summary) {
      const probe = numbers(5000, actual.length)
      const norm = Math.sqrt(actual.reduce((sum, value) => sum + value * value, 0))
      const projection = actual.reduce((sum, value, i) => sum + value * (probe[i] ?? 0), 0)
      expect(Math.abs(norm - summary.norm) / summary.norm, `norm of ${name}`).toBeLessThan(tolerance)
      expect(Math.abs(projection - summary.projection) / summary.norm, `projection of ${name}`).toBeLessThan(tolerance)
    }
    expect(expected ?? summary, name).toBeDefined()
  }
}

describe.each(engines)('one training step on %s is PyTorch’s in float64, within a hundred-thousandth', (_name, factory) => {
  it.each(['article, small', 'digits, small, all at once', 'article', 'digits with penalty'])('%s', async (name) => {
    const given = (await stepCases()).find((one) => one.name === name)
    if (!given) throw new Error(`make.py left no case ${name}`)
    await check(await factory(), given)
  })
})
