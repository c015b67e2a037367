import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureSoftwareVulkan, hasSoftwareVulkan } from '../../../../tools/lib/softwareVulkan.mjs'
import { AutoDevice } from '../../../../src/engine/devices/autoDevice'
import { DeviceMemory } from '../../../../src/engine/devices/deviceMemory'
import { setupOf } from '../../../../src/engine/devices/setup'
import { TrialRoom } from '../../../../src/engine/devices/trialRoom'
import type { ModelSpec } from '../../../../src/engine/protocol'
import { modelFolder } from '../../../reference/gpt2/expected'
import { slowestMs, useEngineChildren } from '../../../support/engineChild'
import { ManualClock } from '../../../support/manualClock'

/** Where there is no graphics card that could be found by accident. */
const none = { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' }

describe.runIf(hasSoftwareVulkan)('WebGPU on a software driver', { timeout: slowestMs }, () => {
  const children = useEngineChildren()
  const home = mkdtempSync(path.join(tmpdir(), 'inkling-webgpu-'))
  let vulkan: Readonly<Record<string, string>>
  const spec = (precision: ModelSpec['precision'], device: ModelSpec['device']): ModelSpec => ({ folder: home, precision, device, threads: 1, cacheFolder: undefined })
  const never = new AbortController().signal

  beforeAll(async () => {
    vulkan = await ensureSoftwareVulkan()
    // A small random GPT-2, with a token for each byte.
    for (const name of ['config.json', 'model.safetensors']) copyFileSync(path.join(modelFolder('blocks-32'), name), path.join(home, name))
    const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, id) => [String.fromCodePoint(0x100 + id), id]))
    writeFileSync(path.join(home, 'tokenizer.json'), JSON.stringify({ model: { type: 'BPE', vocab, merges: [] }, pre_tokenizer: { type: 'ByteLevel' }, added_tokens: [] }))
  }, slowestMs)
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  it.each([['fp32', 1e-4], ['int8', 0.1], ['int4', 0.1]] as const)('gives the CPU’s logits in %s, with tokens before in the cache and after taking some back', async (precision, tolerance) => {
    const measured = await children.prober(vulkan).measure(spec(precision, 'webgpu'), never)
    expect(measured).toMatchObject({ device: 'webgpu', precision })
    expect(measured.distance).toBeLessThan(tolerance)
    // Two different programs never agree to the last bit: these are not the CPU's own numbers.
    expect(measured.distance).toBeGreaterThan(0)
  })

  it('writes the words that the CPU writes', async () => {
    const write = async (device: 'cpu' | 'webgpu'): Promise<{ tokens: readonly number[]; description: unknown; warnings: readonly string[] }> => {
      const engine = children.engine(vulkan)
      const warnings: string[] = []
      engine.onWarning(({ error }) => warnings.push(error.message))
      const model = spec('fp32', device)
      const { sequences } = await engine.call('generate', { model, prompt: 'It rained', maxNewTokens: 12, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [] })
      return { tokens: sequences[0]?.tokens ?? [], description: (await engine.call('load', { model })).description, warnings }
    }
    const cpu = await write('cpu')
    expect(cpu.tokens).toHaveLength(12)
    expect(await write('webgpu')).toMatchObject({ tokens: cpu.tokens, description: { device: 'webgpu' }, warnings: [] })
  })

  it('is measured, and rightly not chosen', async () => {
    const clock = new ManualClock()
    const auto = new AutoDevice({
      prober: children.prober(vulkan), memory: new DeviceMemory(path.join(home, 'devices')), room: new TrialRoom(path.join(home, 'measuring.lock')), log: () => {}, clock, setupOf: (model) => setupOf(model, 'test'), load: () => Promise.reject(new Error('nothing is to be loaded')), idleMs: 1,
    })
    const wanted = spec('int8', 'auto')
    expect((await auto.resolve(wanted)).device).toBe('cpu')
    auto.engineIs(0)
    clock.advance(1)
    await auto.measurement
    const { cpu, webgpu } = await auto.outcomes(wanted)
    expect(cpu?.kind).toBe('measured')
    expect(webgpu?.kind).toBe('measured')
    expect((await auto.resolve(wanted)).device).toBe('cpu')
    auto.dispose()
  })

  it('falls back to the CPU where there is no card, once, and says why', async () => {
    const engine = children.engine({ ...vulkan, ...none })
    const warnings: string[] = []
    engine.onWarning(({ error }) => warnings.push(`${error.code} ${error.facts['device']}`))
    for (let i = 0; i < 2; i++) expect((await engine.call('load', { model: spec('int8', 'webgpu') })).description).toMatchObject({ device: 'cpu' })
    expect(warnings).toEqual(['device-unavailable webgpu'])
    await expect(children.prober({ ...vulkan, ...none }).measure(spec('int8', 'webgpu'), never)).rejects.toMatchObject({ code: 'device-unavailable' })
  })
})
