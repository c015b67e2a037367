import type { ErrorOnWire } from '../../base/errors'
import type { ModelSpec } from '../protocol'
import type { Device } from './chooseDevice'
import type { DeviceMeasurement } from './measureDevice'

/** What a probe is asked: one question in its life. */
export type ToProbe =
  /** Which devices does the runtime of this platform know? */
  | { readonly kind: 'devices' }
  /** How does the model run on the device of its spec? */
  | { readonly kind: 'measure'; readonly spec: ModelSpec }

export type FromProbe =
  | { readonly kind: 'devices'; readonly devices: readonly Device[] }
  | { readonly kind: 'measured'; readonly measurement: DeviceMeasurement }
  /** `detail`: what the runtime said, for the log. */
  | { readonly kind: 'failed'; readonly error: ErrorOnWire; readonly detail: string | undefined }
