import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { TrialRoom, trialBytes } from '../../../../src/engine/devices/trialRoom'
import type { ModelSpec } from '../../../../src/engine/protocol'
import { temporaryFolders } from '../onnx/temporaryFolder'

const newFolder = temporaryFolders()
const forever = new AbortController().signal
const spec = (folder: string, precision: ModelSpec['precision'] = 'int8'): ModelSpec => ({ folder, precision, device: 'cpu', threads: 0, cacheFolder: undefined })
const MB = 1024 * 1024

/** A folder with files of these sizes, which take no room on the disk. */
function folderOf(sizes: Readonly<Record<string, number>>, config: object): string {
  const folder = newFolder()
  mkdirSync(path.join(folder, 'onnx'))
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
  for (const [name, bytes] of Object.entries({ 'tokenizer.json': 0, ...sizes })) {
    writeFileSync(path.join(folder, name), '')
    truncateSync(path.join(folder, name), bytes)
  }
  return folder
}

describe('the memory that a trial takes', () => {
  it.each<[string, Record<string, number>, object, ModelSpec['precision'], number]>([
    ['of GPT-2: its weights twice', { 'model.safetensors': 500 * MB }, { model_type: 'gpt2' }, 'int8', 1000],
    ['of an export: the graph that is taken', { 'onnx/model.onnx': 900 * MB, 'onnx/model_quantized.onnx': 250 * MB }, { model_type: 'llama' }, 'int8', 500],
    ['of an export: the files beside its graph, too', { 'onnx/model.onnx': 1 * MB, 'onnx/model.onnx_data': 899 * MB }, { model_type: 'llama' }, 'fp32', 1800],
    ['of a folder without a model: nothing', {}, { model_type: 'llama' }, 'int8', 0],
  ])('is that %s', async (_, sizes, config, precision, megabytes) => {
    expect(Math.round((await trialBytes(spec(folderOf(sizes, config), precision))) / MB)).toBe(512 + megabytes)
  })
})

describe('the room to measure in', () => {
  let folder: string
  let lock: string
  beforeEach(() => {
    folder = folderOf({ 'model.safetensors': 100 * MB }, { model_type: 'gpt2' })
    lock = path.join(newFolder(), 'devices', 'measuring.lock')
  })

  it.each([[711, false], [713, true]])('with %i MB free is open: %s', async (megabytes, open) => {
    const place = await new TrialRoom(lock, () => megabytes * MB).enter(spec(folder), forever)
    expect(place !== undefined).toBe(open)
    await place?.leave()
  })

  it('is for one at a time', async () => {
    const order: string[] = []
    const first = await new TrialRoom(lock, () => Infinity).enter(spec(folder), forever)
    const second = new TrialRoom(lock, () => Infinity).enter(spec(folder), forever).then((place) => (order.push('entered'), place))
    order.push('leaves')
    await first?.leave()
    await (await second)?.leave()
    expect(order).toEqual(['leaves', 'entered'])
  })

  it('is not waited for any longer when somebody writes', async () => {
    const place = await new TrialRoom(lock, () => Infinity).enter(spec(folder), forever)
    const writing = new AbortController()
    const second = new TrialRoom(lock, () => Infinity).enter(spec(folder), writing.signal)
    writing.abort()
    await expect(second).rejects.toThrow('Cancelled')
    await place?.leave()
  })

  it('is left by a window that ended in it', async () => {
    mkdirSync(path.dirname(lock))
    writeFileSync(lock, JSON.stringify({ token: 'of a window', pid: 2 ** 22 + 1, host: hostname() }))
    const place = await new TrialRoom(lock, () => Infinity).enter(spec(folder), forever)
    expect(place).toBeDefined()
    await place?.leave()
  })
})
