import { throwIfCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { ServedModelSpec } from '../protocol'
import type { Handlers } from '../server'
import { requireServer } from './address'
import { ServedModelClient, type ServedModelOptions } from './servedModel'
import { Turns } from './turns'

/**
 * Everything the engine can do, done by a server: the second implementation of the engine's calls. It loads no model and
 * no native module, so it may run anywhere.
 */
export function createServedEngine(options: ServedModelOptions): Handlers<ServedModelSpec> {
  const models = new Map<string, ServedModelClient>()
  const turns = new Turns()
  const modelOf = (spec: ServedModelSpec): ServedModelClient => {
    const id = JSON.stringify(spec)
    const known = models.get(id) ?? new ServedModelClient(spec, options)
    models.set(id, known)
    return known
  }
  return {
    load: async ({ model }, { signal }) => modelOf(model).load(signal),
    // One request of a document at a time: the later waits until the earlier, usually cancelled by then, has let go.
    continue: ({ model, session, request }, { signal, partial }) =>
      turns.take(session, async () => {
        throwIfCancelled(signal)
        return modelOf(model).continue(request, (candidate, text) => partial({ candidate, text }), signal)
      }),
    generate: async ({ model, ...request }, { signal, partial }) => modelOf(model).generate(request, (sequence, text) => partial({ sequence, text }), signal),
    score: async ({ model, text, alternatives }, { signal }) => modelOf(model).score(text, alternatives, signal),
    tokenize: async ({ model }) => {
      throw InklingError.of('server-no-tokenizer', { host: requireServer(model.server, model.allowHttp).host })
    },
  }
}
