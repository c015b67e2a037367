import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ImportSource, OfflineSource } from '../../../src/library/folderSource'
import { HubSource } from '../../../src/library/hubSource'
import { install, prepareInstall, systemInstallEnvironment, type InstallProgress } from '../../../src/library/install'
import { parseModelId, type ModelId } from '../../../src/library/modelId'
import { resolveModel } from '../../../src/library/resolveModel'
import type { ModelSource } from '../../../src/library/source'
import { ModelStore } from '../../../src/library/store'
import { describeProblems, verifyModel } from '../../../src/library/verify'
import { exportFiles, withOutsideTensor } from '../../support/exports'
import { answerAsHub, commit, serveHub, smallGpt2, smallGpt2Bytes, type FakeModel } from './hub'
import { content, cutAt, quickNetwork, serve, temporaryFolder } from './server'

const forever = new AbortController().signal
const id = modelId('some/model')

function modelId(text: string): ModelId {
  const parsed = parseModelId(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

async function newStore(): Promise<ModelStore> {
  return new ModelStore(await temporaryFolder())
}

async function fetchModel(source: ModelSource, store: ModelStore, onProgress: (progress: InstallProgress) => void = () => {}, environment = systemInstallEnvironment): ReturnType<typeof install> {
  return install(await prepareInstall(id, source, 'int8', forever), store, environment, onProgress, forever)
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error))

describe('a model from a hub', () => {
  it('is offered with host, size and licence, and only the files that are needed', async () => {
    const hub = await serveHub(smallGpt2)
    const offer = await prepareInstall(id, new HubSource(hub.url, undefined, quickNetwork()), 'int8', forever)
    expect(offer.plan.files.map(({ path: name }) => name)).toEqual(['config.json', 'tokenizer.json', 'model.safetensors'])
    expect([offer.source.name, offer.licence, offer.totalBytes, offer.listing.commit]).toEqual([hub.url.host, 'mit', smallGpt2Bytes, commit])
    expect(hub.requests).toHaveLength(2)
  })

  it('is installed whole, and found by its name', async () => {
    const store = await newStore()
    const hub = await serveHub(smallGpt2)
    const { folder, manifest } = await fetchModel(new HubSource(hub.url, undefined, quickNetwork()), store)
    expect((await readFile(path.join(folder, 'model.safetensors'))).equals(smallGpt2.files['model.safetensors'] ?? Buffer.alloc(0))).toBe(true)
    expect(resolveModel('some/model', store, undefined)).toBe(folder)
    expect(manifest.contextLength).toBe(64)
    expect((await store.list()).map((model) => model.manifest)).toEqual([manifest])
    expect(await readdir(path.join(store.root, 'partial'))).toEqual([])
    expect(await readdir(path.join(store.root, 'locks'))).toEqual([])
  })

  it('is not fetched again when it is there', async () => {
    const store = await newStore()
    const hub = await serveHub(smallGpt2)
    const source = new HubSource(hub.url, undefined, quickNetwork())
    await fetchModel(source, store)
    const before = hub.requests.length
    await fetchModel(source, store)
    expect(hub.requests).toHaveLength(before + 2)
  })

  it('is gone on with by another object after a cut, file by file', async () => {
    const store = await newStore()
    const weights = smallGpt2.files['model.safetensors'] ?? Buffer.alloc(0)
    const bad = await serve((exchange) => (exchange.path.startsWith('/cdn/') ? cutAt(exchange, weights, 200_000) : answerAsHub(smallGpt2, exchange)))
    await expect(fetchModel(new HubSource(bad.url, undefined, quickNetwork()), store)).rejects.toThrow()
    expect(store.isInstalled(id)).toBe(false)
    expect((await store.partials()).get(id)).toBeGreaterThan(200_000)
    const good = await serveHub(smallGpt2)
    await fetchModel(new HubSource(good.url, undefined, quickNetwork()), new ModelStore(store.root))
    const files = good.requests.filter(({ url }) => !url?.startsWith('/api/'))
    expect(files.map(({ url, headers }) => [url, headers.range])).toEqual([
      [`/some/model/resolve/${commit}/model.safetensors`, 'bytes=200000-'],
      ['/cdn/model.safetensors', 'bytes=200000-'],
    ])
  })

  it('reports how far it is', async () => {
    const seen: InstallProgress[] = []
    const hub = await serveHub(smallGpt2)
    let now = 0
    const environment = { ...systemInstallEnvironment, now: () => (now += 1500) }
    await fetchModel(new HubSource(hub.url, undefined, quickNetwork()), await newStore(), (progress) => seen.push(progress), environment)
    const last = seen.at(-1)
    expect(last).toMatchObject({ kind: 'receiving', file: 'model.safetensors', receivedBytes: smallGpt2Bytes, totalBytes: smallGpt2Bytes, secondsLeft: 0 })
    expect(last?.kind === 'receiving' && last.bytesPerSecond).toBeGreaterThan(0)
  })

  it('is not begun when the disk has no room', async () => {
    const hub = await serveHub(smallGpt2)
    const environment = { ...systemInstallEnvironment, freeBytes: async () => 64_200_000 }
    await expect(fetchModel(new HubSource(hub.url, undefined, quickNetwork()), await newStore(), () => {}, environment)).rejects.toMatchObject({ code: 'disk-space' })
    expect(hub.requests).toHaveLength(2)
  })

  it.each<[string, FakeModel, string]>([
    ['without weights', { files: { 'config.json': Buffer.from('{}'), 'tokenizer.json': Buffer.from('{}') } }, 'model-files-unfit: some/model cannot be used: it lacks model.safetensors.'],
    ['with nothing of use', { files: { 'README.md': Buffer.from('hello') } }, 'model-files-unfit: some/model cannot be used: it lacks config.json, vocab.json, merges.txt, tokenizer.json, model.safetensors.'],
    ['without a commit', { ...smallGpt2, info: { sha: '../../x' } }, 'listing-invalid'],
    ['with a config that is none', { files: { ...smallGpt2.files, 'config.json': Buffer.from('{"n_positions":') } }, 'model-files-unfit: some/model cannot be used: The model file config.json cannot be read'],
    ['with the config of another', { files: { ...smallGpt2.files, 'config.json': Buffer.from('{"model_type":"gpt2","n_layer":2,"n_head":2,"n_embd":64,"n_positions":64,"vocab_size":256}') } }, 'model-files-unfit: some/model cannot be used: The weights lack the tensor h.1.ln_1.weight.'],
    ['with weights and a tokenizer that are none', { files: { ...smallGpt2.files, 'tokenizer.json': Buffer.from('{}'), 'model.safetensors': content(2000) } }, 'model.safetensors cannot be read: '],
    ['with a tokenizer of another', { files: { ...smallGpt2.files, 'config.json': Buffer.from('{"model_type":"gpt2","n_layer":2,"n_head":2,"n_embd":64,"n_positions":64,"vocab_size":9}') } }, '; its tokenizer has 256 tokens, but the model knows 9.'],
  ])('%s is refused', async (_, model, expected) => {
    const store = await newStore()
    const hub = await serveHub(model)
    const failure = await fetchModel(new HubSource(hub.url, undefined, quickNetwork()), store).catch(codeOf)
    expect(failure).toContain(expected)
    expect(store.isInstalled(id)).toBe(false)
  })

  it.each([
    '../evil.json', '../../../../tmp/evil', '/etc/cron.d/evil', 'C:\\evil', 'CON', 'nul.json', 'onnx/../../evil', 'onnx\\..\\evil', 'model.safetensors/../../x', '\u0000', 'aux', 'model.safetensors:hidden',
  ])('whose listing names %j leaves that file alone', async (name) => {
    const store = await newStore()
    const evil = { type: 'file', path: name, size: 3, oid: 'b'.repeat(40) }
    const hub = await serveHub({ ...smallGpt2, extra: [evil, { type: 'directory', path: '..' }, null, 7, { type: 'file' }] })
    const { folder } = await fetchModel(new HubSource(hub.url, undefined, quickNetwork()), store)
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'inkling-model.json', 'model.safetensors', 'tokenizer.json'])
    expect((await readdir(store.root)).sort()).toEqual(['locks', 'models', 'partial'])
  })

  it.each<[string, (headers: Record<string, string>) => [number, Record<string, string>, string], string]>([
    ['a web page', () => [200, { 'content-type': 'text/html' }, '<html>'], 'download-portal'],
    ['a web page that says it is JSON', () => [200, { 'content-type': 'application/json' }, '<!doctype html>'], 'download-portal'],
    ['no JSON', () => [200, {}, 'hello'], 'listing-invalid'],
    ['null', () => [200, {}, 'null'], 'listing-invalid'],
    ['401 for what is not there', () => [401, { 'x-error-code': 'RepoNotFound' }, ''], 'download-missing'],
    ['401 for what needs a token', () => [401, { 'x-error-code': 'GatedRepo' }, ''], 'download-token'],
    ['404', () => [404, {}, ''], 'download-missing'],
    ['429 for an hour', () => [429, { 'retry-after': '3600' }, ''], 'download-busy'],
    ['500', () => [500, {}, ''], 'download-refused'],
    ['something without end', () => [200, {}, ' '.repeat(17 << 20)], 'listing-invalid'],
  ])('of a hub that answers with %s', async (_, answer, code) => {
    const hub = await serve(({ response }) => {
      const [status, headers, body] = answer({})
      response.writeHead(status, headers).end(body)
    })
    await expect(prepareInstall(id, new HubSource(hub.url, undefined, quickNetwork()), 'int8', forever)).rejects.toMatchObject({ code })
  })

  it('is not looked for where a hostile hub points its next page', async () => {
    const other = await serve(({ response }) => response.end('[]'))
    const hub = await serve((exchange) => {
      if (!exchange.path.includes('/tree/')) return answerAsHub(smallGpt2, exchange)
      exchange.response.writeHead(200, { link: `<${other.url.href}api>; rel="next"` }).end('[]')
    })
    await expect(prepareInstall(id, new HubSource(hub.url, 'hf_secret', quickNetwork()), 'int8', forever)).rejects.toMatchObject({ code: 'download-insecure' })
    expect(other.requests).toHaveLength(0)
  })

  it('that ends in other bytes than the listing said is not installed', async () => {
    const store = await newStore()
    const hub = await serve((exchange) => answerAsHub(exchange.path.startsWith('/api/') ? smallGpt2 : { files: { ...smallGpt2.files, 'config.json': Buffer.from((smallGpt2.files['config.json'] ?? '').toString().replace('64', '65')) } }, exchange))
    await expect(fetchModel(new HubSource(hub.url, undefined, quickNetwork()), store)).rejects.toMatchObject({ code: 'download-hash' })
    expect(store.isInstalled(id)).toBe(false)
  })
})

describe('two processes that want the same model', () => {
  const startInstaller = (hub: string, root: string): Promise<string> => {
    const child = fork(path.join(import.meta.dirname, 'installer.ts'), [hub, root], { execArgv: ['--import', 'tsx'], silent: true })
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    child.stdout?.on('data', (chunk) => (output += String(chunk)))
    child.stderr?.on('data', (chunk) => (output += String(chunk)))
    return new Promise((resolve) => child.on('close', () => resolve(output.trim())))
  }

  it('fetch it once, and both have it', async () => {
    const root = await temporaryFolder()
    const hub = await serve((exchange) => void setTimeout(() => answerAsHub(smallGpt2, exchange), exchange.path.startsWith('/cdn/') ? 500 : 0))
    const outcomes = await Promise.all([startInstaller(hub.url.href, root), startInstaller(hub.url.href, root)])
    expect(outcomes).toEqual(['installed', 'installed'])
    expect(hub.requests.filter(({ url }) => url?.startsWith('/cdn/'))).toHaveLength(1)
  })

  it('do not wait for one that was killed, and use what it has left', async () => {
    const store = await newStore()
    const weights = smallGpt2.files['model.safetensors'] ?? Buffer.alloc(0)
    const stuck = await serve((exchange) => {
      if (!exchange.path.startsWith('/cdn/')) return answerAsHub(smallGpt2, exchange)
      exchange.response.writeHead(200, { 'content-length': weights.length })
      exchange.response.write(weights.subarray(0, 100_000))
    })
    const child = fork(path.join(import.meta.dirname, 'installer.ts'), [stuck.url.href, store.root], { execArgv: ['--import', 'tsx'], silent: true })
    const part = path.join(store.partialOf(id), 'model.safetensors.part')
    while ((await readFile(part).catch(() => Buffer.alloc(0))).length < 100_000) await new Promise((resolve) => setTimeout(resolve, 20))
    const closed = new Promise((resolve) => child.on('close', resolve))
    child.kill('SIGKILL')
    await closed
    expect(await readdir(path.join(store.root, 'locks'))).toHaveLength(1)
    const hub = await serveHub(smallGpt2)
    await fetchModel(new HubSource(hub.url, undefined, quickNetwork()), store)
    expect(hub.requests.find(({ url }) => url?.startsWith('/cdn/'))?.headers.range).toBe('bytes=100000-')
  })
})

describe('an installed model', () => {
  async function installed(): Promise<{ store: ModelStore; folder: string }> {
    const store = await newStore()
    const hub = await serveHub(smallGpt2)
    return { store, folder: (await fetchModel(new HubSource(hub.url, undefined, quickNetwork()), store)).folder }
  }

  it.each<[string, (folder: string) => Promise<unknown>, string]>([
    ['is whole', async () => {}, ''],
    ['lost a file', (folder) => rm(path.join(folder, 'tokenizer.json')), 'tokenizer.json is missing'],
    ['has a changed byte', (folder) => writeFile(path.join(folder, 'model.safetensors'), content(smallGpt2.files['model.safetensors']?.length ?? 0, 9)), 'model.safetensors was changed'],
    ['was cut', (folder) => writeFile(path.join(folder, 'model.safetensors'), 'x'), 'model.safetensors has another size'],
  ])('that %s is told by a check', async (_, change, expected) => {
    const { store, folder } = await installed()
    await change(folder)
    const model = await store.find(id)
    expect(model && describeProblems(await verifyModel(model, () => {}, forever))).toBe(expected)
  })

  it('is removed with all that was gathered of it', async () => {
    const { store, folder } = await installed()
    await mkdir(store.partialOf(id), { recursive: true })
    await store.remove(id, forever)
    expect([existsSync(folder), existsSync(store.partialOf(id)), await readdir(path.join(store.root, 'trash'))]).toEqual([false, false, []])
    await expect(store.remove(id, forever)).rejects.toMatchObject({ code: 'model-not-installed' })
  })

  it.each([
    ['no JSON', 'x'], ['another format', '{"format":2}'], ['a path that leaves it', undefined],
  ])('whose manifest is %s is told and left out of the list', async (_, text) => {
    const { store, folder } = await installed()
    const file = path.join(folder, 'inkling-model.json')
    await writeFile(file, text ?? (await readFile(file, 'utf8')).replace('"tokenizer.json"', '"../tokenizer.json"'))
    const broken: unknown[] = []
    expect(await store.list((error) => broken.push(error))).toEqual([])
    expect(broken).toMatchObject([{ code: 'model-file-broken' }])
    await expect(store.find(id)).rejects.toMatchObject({ code: 'model-file-broken' })
  })

  it('is replaced by a new one only when that is whole', async () => {
    const { store, folder } = await installed()
    const next: FakeModel = { ...smallGpt2, info: { sha: 'b'.repeat(40) } }
    const hub = await serve((exchange) => (exchange.path.includes('/resolve/') ? exchange.response.destroy() : answerAsHub(next, { ...exchange, path: exchange.path.replace('b'.repeat(40), commit) })))
    await expect(fetchModel(new HubSource(hub.url, undefined, quickNetwork()), store)).rejects.toThrow()
    expect((await store.find(id))?.manifest.commit).toBe(commit)
    expect(existsSync(path.join(folder, 'model.safetensors'))).toBe(true)
  })
})

describe('the name or folder of a model', () => {
  it.each([
    ['distilgpt2', 'model-not-installed'], ['some/other', 'model-not-installed'], ['', 'model-id-invalid'], ['a b', 'model-id-invalid'],
    ['../some/model', 'model-folder-missing'], ['/nowhere/at/all', 'model-folder-missing'], ['./x', 'model-folder-missing'],
  ])('%j is %s', async (text, code) => {
    const store = await newStore()
    expect(() => resolveModel(text, store, undefined)).toThrow(expect.objectContaining({ code }) as Error)
  })

  it('is a folder when there is one, relative to where the command runs', async () => {
    const base = await temporaryFolder()
    await mkdir(path.join(base, 'gpt2'))
    const store = await newStore()
    expect(resolveModel('gpt2', store, base)).toBe(path.join(base, 'gpt2'))
    expect(resolveModel(path.join(base, 'gpt2'), store, undefined)).toBe(path.join(base, 'gpt2'))
    expect(() => resolveModel('gpt2', store, undefined)).toThrow(expect.objectContaining({ code: 'model-not-installed' }) as Error)
  })
})

describe('a model from a folder', () => {
  async function folderWith(files: Readonly<Record<string, Buffer | string>>, base?: string): Promise<string> {
    const folder = base ?? (await temporaryFolder())
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), bytes)
    }
    return folder
  }

  it('is copied into the store', async () => {
    const store = await newStore()
    const { folder, manifest } = await fetchModel(new ImportSource(await folderWith(smallGpt2.files)), store)
    expect(manifest.layout).toBe('safetensors')
    const model = await store.find(id)
    expect(folder).toBe(store.folderOf(id))
    expect(model && (await verifyModel(model, () => {}, forever))).toEqual([])
  })

  it('comes by its name from a folder that stands in for a hub', async () => {
    const root = await temporaryFolder()
    await folderWith(smallGpt2.files, path.join(root, 'some', 'model'))
    const store = await newStore()
    await fetchModel(new OfflineSource(root), store)
    expect(store.isInstalled(id)).toBe(true)
    await expect(prepareInstall(modelId('some/other'), new OfflineSource(root), 'int8', forever)).rejects.toMatchObject({ code: 'model-folder-missing' })
  })

  it('lacks several things, which are told at once', async () => {
    const folder = await folderWith({ 'merges.txt': '', 'readme.txt': '' })
    await expect(prepareInstall(id, new ImportSource(folder), 'int8', forever)).rejects.toThrow('it lacks config.json, vocab.json, tokenizer.json, onnx/model.onnx')
  })

  const llama = exportFiles('llama')
  const graph = llama['onnx/model.onnx'] ?? Buffer.alloc(0)

  it('may be an ONNX export with its weights beside it', async () => {
    const folder = await folderWith({ ...llama, 'onnx/model.onnx': withOutsideTensor(graph, 'model.onnx_data'), 'onnx/model.onnx_data': content(5000), 'onnx/model_fp16.onnx': 'x' })
    const { manifest } = await fetchModel(new ImportSource(folder), await newStore())
    expect([manifest.layout, manifest.modelFile, manifest.contextLength]).toEqual(['onnx', 'onnx/model.onnx', 160])
    expect(manifest.files.map(({ path: name }) => name)).toEqual(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx', 'onnx/model.onnx_data'])
  })

  it('is told everything that does not fit, at once', async () => {
    const other = JSON.stringify({ model: { type: 'BPE', vocab: { a: 0, b: 999 }, merges: [] }, added_tokens: [] })
    const folder = await folderWith({ ...llama, 'config.json': '{', 'tokenizer.json': other })
    const failure = await fetchModel(new ImportSource(folder), await newStore()).catch(codeOf)
    expect(failure).toContain('config.json')
    const second = await fetchModel(new ImportSource(await folderWith({ ...llama, 'tokenizer.json': other })), await newStore()).catch(codeOf)
    expect(second).toBe('model-files-unfit: some/model cannot be used: its tokenizer has 1000 tokens, but the model knows 384.')
  })

  it.each([
    ['../secret', 'outside its folder'], ['/etc/passwd', 'outside its folder'], ['C:\\secret', 'outside its folder'], ['a/../../secret', 'outside its folder'], ['', 'outside its folder'],
    ['elsewhere.bin', 'onnx/elsewhere.bin is missing'],
  ])('is refused when its graph takes weights from %j', async (location, problem) => {
    const folder = await folderWith({ ...llama, 'onnx/model.onnx': withOutsideTensor(graph, location) })
    const failure = await fetchModel(new ImportSource(folder), await newStore()).catch(codeOf)
    expect(failure).toContain('model-files-unfit')
    expect(failure).toContain(problem)
  })

  it.each([['empty', Buffer.alloc(0)], ['text', Buffer.from('hello world, this is no model')], ['cut', exportFiles('llama')['onnx/model.onnx']?.subarray(0, 1000) ?? Buffer.alloc(0)]])('is refused when its graph is %s', async (_, bytes) => {
    const folder = await folderWith({ ...llama, 'onnx/model.onnx': bytes })
    await expect(fetchModel(new ImportSource(folder), await newStore())).rejects.toMatchObject({ code: 'model-files-unfit' })
  })
})

describe('weights beside a graph', () => {
  it('that are a link out of the folder are refused', async () => {
    const { graphProblems } = await import('../../../src/library/inspect')
    const outside = await temporaryFolder()
    await writeFile(path.join(outside, 'secret'), 'x')
    const folder = await temporaryFolder()
    await writeFile(path.join(folder, 'model.onnx'), withOutsideTensor(Buffer.alloc(0), 'model.onnx_data'))
    await symlink(path.join(outside, 'secret'), path.join(folder, 'model.onnx_data'))
    expect(await graphProblems(folder, 'model.onnx')).toEqual(['model.onnx takes weights from "model.onnx_data", a link that leads outside its folder'])
  })
})
