import { InklingError } from '../../base/errors'
import { TransientError } from '../../library/http'
import { listModels, stream, type Connection } from './client'
import type { ServedModel } from './messages'
import { UnfitRequestError } from './refusal'
import { completionWishes, greedyBody } from './requests'

const patience = { idleMs: 30_000 }

/** The models of a server, to choose from; none where it has no list. @throws InklingError `server-…`, CancelledError */
export async function listServedModels(connection: Connection, signal: AbortSignal): Promise<readonly ServedModel[]> {
  try {
    return await listModels(connection, patience, signal)
  } catch (error) {
    if (error instanceof InklingError && error.code === 'server-no-completions') return []
    throw error instanceof TransientError ? error.final : error
  }
}

/** A sentence of ours: a test sends nothing of the writer's. */
const sentence = 'Once upon a time there was a'

/**
 * Whether a server writes, and says how likely its words are.
 * @returns false when it writes without saying that
 * @throws InklingError `server-…` when it does not write; CancelledError
 */
export async function tryServer(connection: Connection, model: string, signal: AbortSignal): Promise<boolean> {
  let refused: unknown
  for (const wishes of completionWishes) {
    const body = greedyBody(sentence, 4, wishes)
    try {
      for await (const { parts } of stream(connection, { ...body, ...(model === '' ? {} : { model }) }, patience, signal)) {
        if (parts.some(({ tokens }) => tokens?.some(({ listed }) => listed.length > 0))) return true
      }
      return false
    } catch (error) {
      // Some fail instead of refusing.
      if (!(error instanceof UnfitRequestError || (error instanceof TransientError && error.final.code === 'server-failed'))) throw error instanceof TransientError ? error.final : error
      refused ??= error.final
    }
  }
  throw refused
}
