import { listFiles, modelInfo, type ListFileEntry } from '@huggingface/hub'
import { isCancelled } from '../base/cancellation'
import { InklingError } from '../base/errors'
import { isIntegerIn, isRecord, own } from '../base/json'
import { parseDigest } from './digest'
import { downloadFile, type Network, type OnReceived } from './download'
import { hubFetch } from './hubFetch'
import type { ModelId } from './modelId'
import type { ListedFile, ModelListing, ModelSource } from './source'

/** A hub with Hugging Face's interface: the official one or a mirror of it. */
export class HubSource implements ModelSource {
  readonly name: string
  readonly isNetwork = true

  /** @param hub from `parseHubUrl` */
  constructor(private readonly hub: URL, private readonly token: string | undefined, private readonly network: Network) {
    this.name = hub.host
  }

  async list(id: ModelId, revision: string, signal: AbortSignal): Promise<ModelListing> {
    const common = { hubUrl: this.base, fetch: hubFetch(this.hub, this.token, id, this.network, signal) }
    try {
      const info: unknown = await modelInfo({ ...common, name: id, revision, additionalFields: ['sha', 'cardData', 'config'] })
      const commit = isRecord(info) ? own(info, 'sha') : undefined
      if (typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit)) throw this.invalid(id, 'it names no commit')
      const files: ListedFile[] = []
      for await (const entry of listFiles({ ...common, repo: { type: 'model', name: id }, recursive: true, revision: commit })) {
        if (files.length >= mostFiles) throw this.invalid(id, 'it has too many files')
        const file = listedFile(entry)
        if (file) files.push(file)
      }
      const { licence, modelType, gated } = facts(info)
      return { id, commit, licence, gated, modelType, files }
    } catch (error) {
      if (error instanceof InklingError || isCancelled(error)) throw error
      // The library parses what the hub says without looking: whatever it then trips over is a bad answer.
      throw this.invalid(id, 'its answer has another form', error)
    }
  }

  fetch(listing: ModelListing, file: ListedFile, target: string, onReceived: OnReceived, signal: AbortSignal): Promise<string> {
    const path = file.path.split('/').map(encodeURIComponent).join('/')
    const url = new URL(`${this.base}/${listing.id}/resolve/${listing.commit}/${path}`)
    return downloadFile({ url, token: this.token, name: file.path, target, sizeBytes: file.sizeBytes, digest: file.digest }, this.network, onReceived, signal)
  }

  private get base(): string {
    return this.hub.href.replace(/\/+$/, '')
  }

  private invalid(model: string, reason: string, cause?: unknown): InklingError {
    return InklingError.of('listing-invalid', { host: this.hub.host, model, reason }, cause)
  }
}

const mostFiles = 20_000
const largestFile = 2 ** 42

function listedFile(entry: ListFileEntry): ListedFile | undefined {
  const value: unknown = entry
  if (!isRecord(value) || own(value, 'type') !== 'file') return undefined
  const path = own(value, 'path')
  const lfs = own(value, 'lfs')
  const digest = isRecord(lfs) ? parseDigest('sha256', own(lfs, 'oid')) : parseDigest('git-blob', own(value, 'oid'))
  const sizeBytes = isRecord(lfs) ? own(lfs, 'size') : own(value, 'size')
  // What has no name, size or hash cannot be checked, so it counts as not there.
  return typeof path === 'string' && isIntegerIn(sizeBytes, 0, largestFile) && digest !== undefined ? { path, sizeBytes, digest } : undefined
}

function facts(info: unknown): { licence: string; modelType: string | undefined; gated: boolean } {
  const record = isRecord(info) ? info : {}
  const card = own(record, 'cardData')
  const config = own(record, 'config')
  const licence = isRecord(card) ? own(card, 'license') : undefined
  const modelType = isRecord(config) ? own(config, 'model_type') : undefined
  const gated = own(record, 'gated')
  return {
    licence: typeof licence === 'string' ? licence.slice(0, 100) : '',
    modelType: typeof modelType === 'string' ? modelType : undefined,
    gated: gated !== undefined && gated !== false,
  }
}
