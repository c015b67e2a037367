import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openExport } from '../../../reference/decoder/expected'
import { exportFiles, outsideBytes, withOutsideTensor } from '../../../support/exports'
import { temporaryFolders } from '../onnx/temporaryFolder'

const newFolder = temporaryFolders()
const llama = exportFiles('llama')
const graph = llama['onnx/model.onnx'] ?? Buffer.alloc(0)

/** @param changes files to put in place of the export's; undefined leaves one out */
function folderWith(changes: Readonly<Record<string, Buffer | string | undefined>>): string {
  const folder = newFolder()
  for (const [name, bytes] of Object.entries({ ...llama, ...changes })) {
    if (bytes === undefined) continue
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), bytes)
  }
  return folder
}

/** The graph with another name, of equal length, wherever it stands. */
function renamed(from: string, to: string): Buffer {
  return Buffer.from(graph.toString('latin1').replaceAll(from, to), 'latin1')
}

/** The graph with NaN for the embedding: `raw_data` (field 9) of 384·32·4 bytes. */
function withoutNumbers(): Buffer {
  const changed = Buffer.from(graph)
  const header = Buffer.from([0x4a, 0x80, 0x80, 0x03])
  const begin = changed.indexOf(header) + header.length
  return changed.fill(0xff, begin, begin + 384 * 32 * 4)
}

describe('a folder with an ONNX export', () => {
  it('is opened with its weights beside the graph', async () => {
    const model = await openExport(folderWith({ 'onnx/model.onnx': withOutsideTensor(graph, 'model.onnx_data'), 'onnx/model.onnx_data': Buffer.alloc(outsideBytes) }))
    expect(model.description).toMatchObject({ architecture: 'llama', precision: 'fp32', device: 'cpu', parameters: undefined })
    // One position is kept for the token before every text.
    expect(model.contextLength).toBe(159)
    model.dispose()
  })

  it.each<[string, Readonly<Record<string, Buffer | string | undefined>>, string, string]>([
    ['lacks its configuration and its tokenizer', { 'config.json': undefined, 'tokenizer.json': undefined }, 'model-file-missing', 'config.json, vocab.json, merges.txt, tokenizer.json'],
    ['lacks its graph', { 'onnx/model.onnx': undefined, 'model.safetensors': 'x' }, 'model-file-missing', 'lacks onnx/model.onnx'],
    ['has a graph that is none', { 'onnx/model.onnx': 'no graph at all' }, 'model-files-unfit', 'onnx/model.onnx is no ONNX model'],
    ['has a graph that was cut', { 'onnx/model.onnx': graph.subarray(0, graph.length - 1000) }, 'model-files-unfit', 'onnx/model.onnx is no ONNX model'],
    ['has a graph with another name for its ids', { 'onnx/model.onnx': renamed('input_ids', 'other_ids') }, 'model-files-unfit', 'onnx/model.onnx: it has no input "input_ids"; onnx/model.onnx: it wants inputs that are not known here: "other_ids"'],
    ['has a graph with another name for its logits', { 'onnx/model.onnx': renamed('logits', 'scores') }, 'model-files-unfit', 'it has no output "logits"'],
    ['has a graph of operators that nobody knows', { 'onnx/model.onnx': renamed('Softmax', 'Softest') }, 'model-unsupported', 'ONNX Runtime does not take onnx/model.onnx'],
    ['has the tokenizer of another model', { 'tokenizer.json': exportFiles('qwen2')['tokenizer.json'] }, 'tokenizer-mismatch', '386 tokens'],
    ['has a tokenizer of whole words', { 'tokenizer.json': JSON.stringify({ model: { type: 'WordLevel', vocab: { a: 0 } }, decoder: { type: 'WordPiece' } }) }, 'model-unsupported', 'its tokens do not say what text they stand for'],
    ['has a tokenizer that is broken', { 'tokenizer.json': JSON.stringify({ model: { type: 'Unigram', vocab: 7 }, decoder: { type: 'Metaspace' } }) }, 'model-file-broken', 'tokenizer.json'],
    ['has weights that are no numbers', { 'onnx/model.onnx': withoutNumbers() }, 'numbers-not-finite', 'not finite'],
    ['takes weights from the folder above', { 'onnx/model.onnx': withOutsideTensor(graph, '../../secret') }, 'model-files-unfit', 'outside its folder'],
    ['takes weights from beside its folder of graphs', { 'onnx/model.onnx': withOutsideTensor(graph, '../config.json') }, 'model-files-unfit', 'outside its folder'],
    ['takes weights from anywhere', { 'onnx/model.onnx': withOutsideTensor(graph, '/etc/passwd') }, 'model-files-unfit', 'outside its folder'],
    ['lacks the file of its weights', { 'onnx/model.onnx': withOutsideTensor(graph, 'model.onnx_data') }, 'model-files-unfit', 'onnx/model.onnx_data is missing'],
  ])('that %s is refused', async (_, changes, code, message) => {
    await expect(openExport(folderWith(changes))).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string })
  })

  it('that takes weights from a link which leads out is refused', async () => {
    const folder = folderWith({ 'onnx/model.onnx': withOutsideTensor(graph, 'model.onnx_data') })
    const secret = path.join(newFolder(), 'secret')
    writeFileSync(secret, Buffer.alloc(outsideBytes))
    symlinkSync(secret, path.join(folder, 'onnx/model.onnx_data'))
    await expect(openExport(folder)).rejects.toMatchObject({ code: 'model-files-unfit', message: expect.stringContaining('a link that leads outside its folder') as string })
  })

  it('of GPT-2 without weights runs by its graph, from the older tokenizer files, too', async () => {
    const gpt2 = exportFiles('gpt2-no-cache')
    const { model } = JSON.parse(gpt2['tokenizer.json']?.toString() ?? '') as { model: { vocab: Record<string, number>; merges: [string, string][] } }
    const folder = newFolder()
    writeFileSync(path.join(folder, 'model.onnx'), gpt2['model.onnx'] ?? '')
    writeFileSync(path.join(folder, 'config.json'), gpt2['config.json'] ?? '')
    writeFileSync(path.join(folder, 'vocab.json'), JSON.stringify(model.vocab))
    writeFileSync(path.join(folder, 'merges.txt'), model.merges.map((pair) => pair.join(' ')).join('\n'))
    const opened = await openExport(folder)
    expect(opened.tokenizer.decode(opened.tokenizer.encode('The old mill'))).toBe('The old mill')
    expect(opened.description.architecture).toBe('gpt2')
    opened.dispose()
  })
})
