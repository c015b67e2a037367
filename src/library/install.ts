import { statfs } from 'node:fs/promises'
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { InklingError } from '../base/errors'
import type { Precision } from '../gpt2/weightFormat'
import { catalogueEntry } from './catalogue'
import type { FileLock } from './fileLock'
import { planFiles, type FilePlan } from './filePlan'
import { hashFile } from './folderSource'
import { formatBytes } from './format'
import { inspectModel } from './inspect'
import type { StoredFile } from './manifest'
import type { ModelId } from './modelId'
import { guardWrite } from './partFile'
import type { ListedFile, ModelListing, ModelSource } from './source'
import { secondsLeft, SpeedMeter } from './speedMeter'
import type { InstalledModel, ModelStore } from './store'

/** What would be installed, as a person is asked to agree to it. */
export interface InstallOffer {
  readonly source: ModelSource
  readonly listing: ModelListing
  readonly plan: FilePlan<ListedFile>
  readonly totalBytes: number
  readonly licence: string
}

export type InstallProgress =
  /** Another window works on the same model. */
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'receiving'
      readonly file: string
      readonly receivedBytes: number
      readonly totalBytes: number
      readonly bytesPerSecond: number | undefined
      readonly secondsLeft: number | undefined
    }

export interface InstallEnvironment {
  /** Milliseconds that only grow. */
  now(): number
  /** Bytes that this user may still write at `folder`; undefined where the system does not say. */
  freeBytes(folder: string): Promise<number | undefined>
}

export const systemInstallEnvironment: InstallEnvironment = {
  now: () => performance.now(),
  freeBytes: async (folder) => {
    const stats = await statfs(folder).catch(() => undefined)
    return stats && stats.bavail * stats.bsize
  },
}

/**
 * Asks the source what the model consists of. Nothing is fetched but its listing.
 * @param precision which graph is wanted where there are several
 * @throws InklingError `model-files-unfit`, and what the source throws; CancelledError
 */
export async function prepareInstall(id: ModelId, source: ModelSource, precision: Precision, signal: AbortSignal): Promise<InstallOffer> {
  const known = catalogueEntry(id)
  const listing = await source.list(id, known?.revision ?? 'main', signal)
  const plan = planFiles(listing.files, listing.modelType, precision)
  if ('missing' in plan) throw InklingError.of('model-files-unfit', { model: id, problems: `it lacks ${plan.missing.join(', ')}` })
  // What is known here counts for more than what the source says of itself.
  const files = plan.files.map((file): ListedFile => {
    const pinned = known?.sha256.get(file.path)
    return pinned === undefined ? file : { ...file, digest: { kind: 'sha256', hex: pinned } }
  })
  return {
    source, listing, plan: { ...plan, files },
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    licence: known?.licence ?? listing.licence,
  }
}

/**
 * Brings the files here, checks them and makes them the installed model; goes on from what an earlier try has left. When
 * another window is at the same model, waits for it and takes what it installed.
 * @throws InklingError; CancelledError, and then what has arrived is kept
 */
export async function install(offer: InstallOffer, store: ModelStore, environment: InstallEnvironment, onProgress: (progress: InstallProgress) => void, signal: AbortSignal): Promise<InstalledModel> {
  const { id, commit } = offer.listing
  const lock = await store.lock(id, signal, () => onProgress({ kind: 'waiting' }))
  try {
    const installed = await store.find(id).catch(() => undefined)
    if (installed && commit !== '' && installed.manifest.commit === commit && installed.manifest.modelFile === offer.plan.modelFile) return installed
    return await gather(offer, store, environment, onProgress, lock, signal)
  } finally {
    await lock.release()
  }
}

async function gather(offer: InstallOffer, store: ModelStore, environment: InstallEnvironment, onProgress: (progress: InstallProgress) => void, lock: FileLock, signal: AbortSignal): Promise<InstalledModel> {
  const { listing, plan, source, totalBytes } = offer
  const partial = store.partialOf(listing.id)
  await guardWrite(partial, () => fs.mkdir(partial, { recursive: true }))
  await removeOthers(partial, plan)
  await requireSpace(offer, partial, environment)

  const progress = new Progress(totalBytes, environment, onProgress)
  const files: StoredFile[] = []
  try {
    // The small ones first: a model that turns out not to be one shows early.
    for (const file of [...plan.files].sort((a, b) => a.sizeBytes - b.sizeBytes)) {
      const received = progress.begin(file.path)
      const target = path.join(partial, ...file.path.split('/'))
      await guardWrite(target, () => fs.mkdir(path.dirname(target), { recursive: true }))
      const sha256 = (await alreadyThere(target, file, signal)) ?? (await source.fetch(listing, file, target, received, signal))
      files.push({ path: file.path, sizeBytes: file.sizeBytes, sha256 })
      progress.end(file.sizeBytes)
      await lock.requireHeld(listing.id)
    }
  } finally {
    progress.dispose()
  }

  const { problems, contextLength, parameters } = await inspectModel(partial, plan)
  if (problems.length > 0) {
    // Fetched again it would be the same: keeping it would only take space.
    await fs.rm(partial, { recursive: true, force: true })
    throw InklingError.of('model-files-unfit', { model: listing.id, problems: problems.join('; ') })
  }
  const known = catalogueEntry(listing.id)
  return store.commit({
    id: listing.id, source: source.name, commit: listing.commit, licence: offer.licence,
    layout: plan.layout, modelFile: plan.modelFile,
    contextLength: known?.contextLength ?? contextLength, parameters: known?.parameters ?? parameters,
    files: plan.files.flatMap(({ path: name }) => files.find((file) => file.path === name) ?? []),
  })
}

/** A file of an earlier try, if it still is the right one. One without a hash cannot be told from a changed one. */
async function alreadyThere(target: string, file: ListedFile, signal: AbortSignal): Promise<string | undefined> {
  const stat = await fs.stat(target).catch(() => undefined)
  if (stat === undefined || stat.size !== file.sizeBytes || file.digest === undefined) return undefined
  const { sha256, mismatch } = await hashFile(target, file, () => {}, signal)
  return mismatch === undefined ? sha256 : undefined
}

/** What an earlier try gathered for another state of the model. */
async function removeOthers(partial: string, plan: FilePlan<ListedFile>): Promise<void> {
  const wanted = new Set(plan.files.flatMap(({ path: name }) => [name, `${name}.part`, `${name}.part.etag`]))
  for (const entry of await fs.readdir(partial, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const file = path.join(entry.parentPath, entry.name)
    if (!wanted.has(path.relative(partial, file).split(path.sep).join('/'))) await fs.rm(file, { force: true })
  }
}

/** Left free on the disk whatever is fetched: a full disk breaks more than a download. */
const reserveBytes = 64e6

async function requireSpace({ plan, listing }: InstallOffer, partial: string, environment: InstallEnvironment): Promise<void> {
  let needed = 0
  for (const { path: name, sizeBytes } of plan.files) {
    const target = path.join(partial, ...name.split('/'))
    const [whole, part] = await Promise.all([target, `${target}.part`].map((file) => fs.stat(file).then(({ size }) => size, () => 0)))
    needed += Math.max(0, sizeBytes - Math.max(whole ?? 0, part ?? 0))
  }
  const free = await environment.freeBytes(partial)
  if (free !== undefined && needed > 0 && free < needed + reserveBytes) {
    throw InklingError.of('disk-space', { model: listing.id, needed: formatBytes(needed + reserveBytes), folder: partial, free: formatBytes(free) })
  }
}

/** Tells how far it is, a few times a second, also while nothing comes: then the speed falls for all to see. */
class Progress {
  private readonly meter = new SpeedMeter()
  private readonly ticker: NodeJS.Timeout
  private file = ''
  private before = 0
  private received = 0

  constructor(
    private readonly totalBytes: number,
    private readonly environment: InstallEnvironment,
    private readonly onProgress: (progress: InstallProgress) => void,
  ) {
    this.ticker = setInterval(() => this.report(), reportMs)
  }

  /** @returns what is to be told the bytes of this file */
  begin(file: string): (bytes: number) => void {
    this.file = file
    let first = true
    return (bytes) => {
      // What was here before came at the disk's speed, and says nothing about the network's.
      if (first) {
        this.meter.forget()
        this.meter.add(this.environment.now(), this.before + bytes)
      }
      first = false
      this.received = bytes
    }
  }

  end(sizeBytes: number): void {
    this.received = sizeBytes
    this.report()
    this.before += sizeBytes
    this.received = 0
  }

  dispose(): void {
    clearInterval(this.ticker)
  }

  private report(): void {
    const now = this.environment.now()
    const receivedBytes = this.before + this.received
    this.meter.add(now, receivedBytes)
    const bytesPerSecond = this.meter.bytesPerSecond(now)
    this.onProgress({ kind: 'receiving', file: this.file, receivedBytes, totalBytes: this.totalBytes, bytesPerSecond, secondsLeft: secondsLeft(this.totalBytes - receivedBytes, bytesPerSecond) })
  }
}

const reportMs = 250
