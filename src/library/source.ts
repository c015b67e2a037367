import type { Digest } from './digest'
import type { OnReceived } from './download'
import type { ModelId } from './modelId'

/** A place that models come from: a hub on the network, or a folder that stands in for one. */
export interface ModelSource {
  /** Host or folder, as a person is asked to agree to it. */
  readonly name: string
  readonly isNetwork: boolean
  /** @throws InklingError; CancelledError */
  list(id: ModelId, revision: string, signal: AbortSignal): Promise<ModelListing>
  /**
   * Brings one file to `target`, whose folder exists.
   * @returns its SHA-256
   * @throws InklingError; CancelledError, and then what has arrived is kept
   */
  fetch(listing: ModelListing, file: ListedFile, target: string, onReceived: OnReceived, signal: AbortSignal): Promise<string>
}

export interface ModelListing {
  readonly id: ModelId
  /** Names exactly this state of the model; empty when the source has no history. */
  readonly commit: string
  /** Empty when the source does not say. */
  readonly licence: string
  /** Whether the source gives it only to those who agreed to its terms. */
  readonly gated: boolean
  /** `model_type` of config.json. */
  readonly modelType: string | undefined
  readonly files: readonly ListedFile[]
}

export interface ListedFile {
  /** As the source says; not checked yet. */
  readonly path: string
  readonly sizeBytes: number
  readonly digest: Digest | undefined
}
