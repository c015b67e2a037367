import * as fs from 'node:fs/promises'
import * as os from 'node:os'
import * as path from 'node:path'
import * as readline from 'node:readline/promises'
import { InklingError, reasonOf } from '../base/errors'
import { officialHub, parseHubUrl } from '../library/address'
import { modelList, type ModelListEntry } from '../library/describeModel'
import { embeddedEntry } from '../library/embeddedModel'
import { ImportSource, OfflineSource } from '../library/folderSource'
import { formatBytes, formatCount, formatDuration } from '../library/format'
import { HubSource } from '../library/hubSource'
import { install, prepareInstall, systemInstallEnvironment, type InstallOffer, type InstallProgress } from '../library/install'
import { libraryFolder } from '../library/libraryFolder'
import { importName, parseModelId, type ModelId } from '../library/modelId'
import type { ModelSource } from '../library/source'
import { ModelStore, type InstalledModel } from '../library/store'
import { systemNetwork } from '../library/systemNetwork'
import { describeProblems, verifyModel } from '../library/verify'
import { printJson, type Io } from './io'
import { Options, UsageError, type Places } from './options'

export const modelsUsage = `inkling models list [--json]
inkling models add NAME [--precision int8|int4|fp32] [--mirror URL | --offline DIR] [--yes] [--json]
inkling models add DIR [--name OWNER/NAME] [--precision int8|int4|fp32] [--json]
inkling models verify [NAME] [--json]
inkling models remove NAME

Lists, downloads or imports, checks and removes models. NAME is one of the list or any OWNER/NAME of Hugging Face.
--mirror (or HF_ENDPOINT) takes them from another hub, --offline from a folder with OWNER/NAME below it. HF_TOKEN is sent
to the hub when it is set. --precision chooses among the graphs of an ONNX export. Models lie in ${libraryFolder(process.env, process.platform, os.homedir())} (INKLING_LIBRARY).`

export async function models(args: readonly string[], _handlers: unknown, places: Places, io: Io): Promise<void> {
  const options = Options.parse(args, {
    json: { type: 'boolean' }, yes: { type: 'boolean', short: 'y' }, name: { type: 'string' }, mirror: { type: 'string' }, offline: { type: 'string' },
    precision: { type: 'string' },
  })
  const [action = '', name, ...more] = options.positionals
  if (more.length > 0) throw new UsageError(`unexpected argument ${more[0]}`)
  const store = new ModelStore(libraryFolder(process.env, process.platform, os.homedir()))
  switch (action) {
    case 'list':
      if (name !== undefined) throw new UsageError(`unexpected argument ${name}`)
      return list(options, store, places, io)
    case 'add':
      return add(required(name), options, store, io)
    case 'verify':
      return verify(name, options, store, io)
    case 'remove':
      return remove(required(name), store, io)
    default:
      throw new UsageError(action === '' ? 'one of list, add, verify and remove is missing' : `there is no action ${action}`)
  }
}

async function list(options: Options, store: ModelStore, places: Places, io: Io): Promise<void> {
  const entries = modelList(await embeddedEntry(places.embeddedModel), await store.list((error) => warn(io, error)), await store.partials())
  if (options.flag('json')) {
    printJson(io, { library: store.root, models: entries })
    return
  }
  for (const entry of entries) io.stdout.write(`${line(entry)}\n`)
}

function line({ fetchedBytes, state, id, title, parameters, contextLength, sizeBytes, licence }: ModelListEntry): string {
  const cells = [
    state.padEnd(10),
    (id === '' ? title : id).padEnd(36),
    (parameters === undefined ? '' : formatCount(parameters)).padStart(6),
    (contextLength === undefined ? '' : `${contextLength} tokens`).padStart(13),
    (sizeBytes === undefined ? '' : formatBytes(sizeBytes)).padStart(8),
    licence,
    fetchedBytes === undefined ? '' : `(${formatBytes(fetchedBytes)} are here; add goes on)`,
  ]
  return cells.join('  ').trimEnd()
}

async function add(name: string, options: Options, store: ModelStore, io: Io): Promise<void> {
  const { id, source } = await whatToAdd(name, options)
  const offer = await prepareInstall(id, source, options.choice('precision', ['int8', 'int4', 'fp32']) ?? 'int8', io.signal)
  if (source.isNetwork && !options.flag('yes')) await askConsent(offer, io)
  const installed = await install(offer, store, systemInstallEnvironment, progressLine(io), io.signal)
  clearLine(io)
  if (options.flag('json')) printJson(io, { ...installed.manifest, folder: installed.folder })
  else io.stdout.write(`${id} is installed in ${installed.folder}\n`)
}

async function whatToAdd(name: string, options: Options): Promise<{ id: ModelId; source: ModelSource }> {
  const folder = path.resolve(name)
  if (await isFolder(folder)) {
    const wanted = options.text('name')
    const id = wanted === undefined ? importName(path.basename(folder)) : parseModelId(wanted)
    if (id === undefined) throw new UsageError(`--name OWNER/NAME is needed: ${wanted ?? path.basename(folder)} cannot be the name of a model`)
    return { id, source: new ImportSource(folder) }
  }
  const id = parseModelId(name)
  if (id === undefined) throw InklingError.of('model-id-invalid', { model: name.slice(0, 200) })
  const offline = options.text('offline')
  if (offline !== undefined) return { id, source: new OfflineSource(path.resolve(offline)) }
  const address = options.text('mirror') ?? (process.env.HF_ENDPOINT || officialHub)
  const hub = parseHubUrl(address)
  if (hub === undefined) throw InklingError.of('option-invalid', { option: options.text('mirror') === undefined ? 'HF_ENDPOINT' : '--mirror', value: address.slice(0, 200), expected: 'an https address' })
  return { id, source: new HubSource(hub, process.env.HF_TOKEN || undefined, systemNetwork({ strictCertificates: true })) }
}

/** Nothing is fetched before somebody agreed to host, size and licence. */
async function askConsent(offer: InstallOffer, io: Io): Promise<void> {
  const licence = offer.licence === '' ? 'unknown licence' : `licence ${offer.licence}`
  const question = `Download ${offer.listing.id} from ${offer.source.name}: ${formatBytes(offer.totalBytes)}, ${licence}?`
  const isTerminal = 'isTTY' in io.stdin && io.stdin.isTTY === true
  if (!isTerminal) throw new UsageError(`${question} Give --yes to agree`)
  const asker = readline.createInterface({ input: io.stdin, output: io.stderr })
  try {
    const answer = await asker.question(`${question} [y/N] `, { signal: io.signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('nothing was downloaded')
  } finally {
    asker.close()
  }
}

async function verify(name: string | undefined, options: Options, store: ModelStore, io: Io): Promise<void> {
  const chosen = name === undefined ? await store.list((error) => warn(io, error)) : [await installedModel(name, store)]
  const results = []
  for (const model of chosen) {
    const problems = await verifyModel(model, (bytes, total) => showLine(io, `${model.manifest.id}  ${percent(bytes, total)}`), io.signal)
    clearLine(io)
    results.push({ id: model.manifest.id, problems })
    if (!options.flag('json')) io.stdout.write(`${model.manifest.id}: ${problems.length === 0 ? 'as it was installed' : describeProblems(problems)}\n`)
  }
  if (options.flag('json')) printJson(io, { models: results })
  else if (chosen.length === 0) io.stdout.write('No models are installed\n')
  const damaged = results.find(({ problems }) => problems.length > 0)
  if (damaged) throw InklingError.of('model-damaged', { model: damaged.id, problems: describeProblems(damaged.problems) })
}

async function remove(name: string, store: ModelStore, io: Io): Promise<void> {
  const id = requireId(name)
  await store.remove(id, io.signal)
  io.stdout.write(`${id} is removed\n`)
}

async function installedModel(name: string, store: ModelStore): Promise<InstalledModel> {
  const id = requireId(name)
  const model = await store.find(id)
  if (model === undefined) throw InklingError.of('model-not-installed', { model: id })
  return model
}

function requireId(name: string): ModelId {
  const id = parseModelId(name)
  if (id === undefined) throw InklingError.of('model-id-invalid', { model: name.slice(0, 200) })
  return id
}

function required(name: string | undefined): string {
  if (name === undefined) throw new UsageError('NAME is missing')
  return name
}

async function isFolder(folder: string): Promise<boolean> {
  return fs.stat(folder).then((stat) => stat.isDirectory(), () => false)
}

function progressLine(io: Io): (progress: InstallProgress) => void {
  return (progress) => {
    if (progress.kind === 'waiting') return showLine(io, 'Another program works on this model; waiting for it.')
    const { file, receivedBytes, totalBytes, bytesPerSecond, secondsLeft } = progress
    const speed = bytesPerSecond === undefined ? '' : `  ${formatBytes(bytesPerSecond)}/s`
    const left = secondsLeft === undefined ? '' : `  ${formatDuration(secondsLeft)} left`
    const filled = Math.round((24 * receivedBytes) / Math.max(1, totalBytes))
    showLine(io, `[${'='.repeat(filled)}${' '.repeat(24 - filled)}] ${percent(receivedBytes, totalBytes)} of ${formatBytes(totalBytes)}${speed}${left}  ${file}`)
  }
}

function percent(part: number, whole: number): string {
  return `${Math.floor((100 * part) / Math.max(1, whole))} %`
}

/** A line that the next one overwrites; where it could not be overwritten, none. */
function showLine(io: Io, text: string): void {
  if (io.stderr.isTTY === true) io.stderr.write(`\r\u001b[K${text}`)
}

function clearLine(io: Io): void {
  showLine(io, '')
}

function warn(io: Io, error: unknown): void {
  io.stderr.write(`inkling: ${reasonOf(error)}\n`)
}
