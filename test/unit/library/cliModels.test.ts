import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { models } from '../../../src/cli/models'
import { UsageError } from '../../../src/cli/options'
import { libraryFolder } from '../../../src/library/libraryFolder'
import { serveHub, smallGpt2 } from './hub'
import { content, temporaryFolder } from './server'
import { exportFiles } from '../../support/exports'
import { tinyGpt2 } from './tinyGpt2'

let library = ''
beforeEach(async () => {
  library = await temporaryFolder()
  vi.stubEnv('INKLING_LIBRARY', library)
  vi.stubEnv('HF_ENDPOINT', '')
  vi.stubEnv('HF_TOKEN', 'hf_secret')
})

/** Runs `inkling models …` and gives back what it wrote to standard output. */
async function run(...args: string[]): Promise<string> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end('y\n')
  let output = ''
  stdout.on('data', (chunk) => (output += String(chunk)))
  await models(args, undefined, { embeddedModel: 'media/model', cache: undefined }, { stdin, stdout, stderr, signal: new AbortController().signal })
  return output
}

describe('inkling models', () => {
  it('lists what is embedded, installed and available', async () => {
    await run('add', await tinyFolder(), '--name', 'my/tiny')
    const { models: listed } = JSON.parse(await run('list', '--json')) as { models: { id: string; state: string; parameters: number | null }[] }
    expect(listed.map(({ id, state }) => `${state} ${id}`)).toEqual([
      'embedded ', 'installed my/tiny',
      'available openai-community/gpt2', 'available distilbert/distilgpt2', 'available openai-community/gpt2-medium', 'available openai-community/gpt2-large',
      'available HuggingFaceTB/SmolLM-135M', 'available HuggingFaceTB/SmolLM-360M', 'available HuggingFaceTB/SmolLM2-135M-Instruct', 'available HuggingFaceTB/SmolLM2-360M-Instruct',
      'available onnx-community/Qwen2.5-0.5B-Instruct',
    ])
    expect(listed[0]?.parameters).toBeGreaterThan(1e6)
    expect(await run('list')).toMatch(/^embedded {4}Inkling +\d+ M +\d+ tokens +\d+ MB/)
  })

  it('lists a download that has not ended, and can take it away', async () => {
    const partial = path.join(library, 'partial', 'some--model')
    await mkdir(partial, { recursive: true })
    await writeFile(path.join(partial, 'model.safetensors.part'), content(5000))
    expect(await run('list')).toMatch(/available {3}some\/model .*\(5\.0 KB are here; add goes on\)/)
    await run('remove', 'some/model')
    expect(await run('list')).not.toContain('some/model')
  })

  it('downloads, checks and removes', async () => {
    const hub = await serveHub(smallGpt2)
    const added = JSON.parse(await run('add', 'some/model', '--mirror', hub.url.href, '--yes', '--json')) as { id: string; folder: string; licence: string }
    expect(added).toMatchObject({ id: 'some/model', folder: path.join(library, 'models', 'some--model'), licence: 'mit' })
    expect(hub.requests.every(({ headers }) => headers.authorization === 'Bearer hf_secret')).toBe(true)
    expect(await run('verify')).toBe('some/model: as it was installed\n')
    await writeFile(path.join(added.folder, 'config.json'), '{}')
    await expect(run('verify', 'some/model')).rejects.toMatchObject({ code: 'model-damaged', message: 'The installed model some/model is damaged: config.json has another size.' })
    expect(await run('remove', 'some/model')).toBe('some/model is removed\n')
    await expect(run('verify', 'some/model')).rejects.toMatchObject({ code: 'model-not-installed' })
  })

  it('does not download when nobody can be asked and nobody agreed', async () => {
    const hub = await serveHub(smallGpt2)
    await expect(run('add', 'some/model', '--mirror', hub.url.href)).rejects.toThrow(/^Download some\/model from 127\.0\.0\.1:\d+: \d+ KB, licence mit\? Give --yes to agree$/)
    expect(hub.requests.every(({ url }) => url?.startsWith('/api/'))).toBe(true)
  })

  it('takes a model from a folder with owners and names', async () => {
    const root = await temporaryFolder()
    await tinyFolder(path.join(root, 'distilbert', 'distilgpt2'))
    await run('add', 'distilgpt2', '--offline', root)
    expect(await readFile(path.join(library, 'models', 'distilbert--distilgpt2', 'config.json'), 'utf8')).toContain('gpt2')
  })

  it('fetches of an ONNX export only the graph of the precision that is wanted', async () => {
    const files = exportFiles('gpt-neox')
    const hub = await serveHub({ files, info: { config: { model_type: 'gpt_neox' } } })
    const add = async (...more: string[]): Promise<string[]> => {
      await run('add', 'some/model', '--mirror', hub.url.href, '--yes', ...more)
      return readdir(path.join(library, 'models', 'some--model', 'onnx'))
    }
    expect(await add()).toEqual(['model_quantized.onnx'])
    // Another precision of the same commit takes its place.
    expect(await add('--precision', 'fp32')).toEqual(['model.onnx'])
    expect(hub.requests.filter(({ url }) => url?.startsWith('/some/model/') && url.endsWith('.onnx'))).toHaveLength(2)
  })

  it('does not install an export that could not be run', async () => {
    const files = { ...exportFiles('llama'), 'onnx/model.onnx': content(10) }
    const hub = await serveHub({ files, info: { config: { model_type: 'llama' } } })
    await expect(run('add', 'some/model', '--mirror', hub.url.href, '--yes')).rejects.toMatchObject({ code: 'model-files-unfit' })
  })

  it('does not take for GPT-2 what is not, not even from a folder', async () => {
    const root = await temporaryFolder()
    await tinyFolder(path.join(root, 'openai-community', 'gpt2'))
    await expect(run('add', 'gpt2', '--offline', root)).rejects.toMatchObject({ code: 'download-hash' })
  })

  it.each<[string[]]>([[[]], [['grow']], [['add']], [['remove']], [['list', 'x']], [['verify', 'a', 'b']], [['add', 'x', '--force']]])('%j is wrong usage', async (args) => {
    await expect(run(...args)).rejects.toThrow(UsageError)
  })

  it.each<[string[], string]>([
    [['add', 'no such name'], 'model-id-invalid'],
    [['remove', '../x'], 'model-id-invalid'],
    [['remove', 'a/b'], 'model-not-installed'],
    [['add', 'a/b', '--mirror', 'http://hub.example'], 'option-invalid'],
    [['add', 'a/b', '--offline', '/nowhere'], 'model-folder-missing'],
  ])('%j fails with %s', async (args, code) => {
    await expect(run(...args)).rejects.toMatchObject({ code })
  })
})

describe('the folder of the command line’s models', () => {
  it.each<[NodeJS.Platform, Record<string, string>, string]>([
    ['linux', {}, '/home/x/.local/share/inkling/library'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/inkling/library'],
    ['darwin', {}, '/home/x/Library/Application Support/inkling/library'],
    ['win32', { LOCALAPPDATA: 'C:\\Local' }, 'C:\\Local\\inkling\\library'],
    ['linux', { INKLING_LIBRARY: '/lib' }, '/lib'],
  ])('on %s with %j is %s', (platform, env, expected) => {
    expect(libraryFolder(env, platform, '/home/x')).toBe(expected)
  })
})

async function tinyFolder(folder?: string): Promise<string> {
  const target = folder ?? (await temporaryFolder())
  await mkdir(target, { recursive: true })
  for (const [name, bytes] of Object.entries(tinyGpt2())) await writeFile(path.join(target, name), bytes)
  await writeFile(path.join(target, 'unrelated.bin'), content(10))
  return target
}
