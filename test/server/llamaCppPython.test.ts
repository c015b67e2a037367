import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll } from 'vitest'
import { createEngine } from '../../src/engine/operations'
import { describeLlamaServers } from '../support/llamaServerSuite'
import { recordingEngine, recordingProxy, recordingText, type LoopbackServer, type Recording } from '../support/recording'

/** `npm run test:server` starts the servers, one with log-probabilities and one without; with --record it keeps what they say. */
const urls = JSON.parse(process.env.INKLING_TEST_SERVERS ?? '["", ""]') as [string, string]
const key = process.env.INKLING_TEST_KEY ?? ''
const target = process.env.INKLING_RECORDING
const engine = createEngine({ onStatus: () => {}, onWarning: () => {} })
const recording = { servers: [[], []], own: [] } satisfies Recording
let proxies: readonly LoopbackServer[] = []

beforeAll(async () => {
  if (target !== undefined) proxies = await Promise.all(urls.map((url, i) => recordingProxy(url, key, recording.servers[i] ?? [])))
})
afterAll(async () => {
  engine.dispose()
  await Promise.all(proxies.map((proxy) => proxy.close()))
  if (target !== undefined) writeFileSync(target, recordingText(recording))
})

describeLlamaServers({
  urls: () => (target === undefined ? urls : [proxies[0]?.url ?? '', proxies[1]?.url ?? '']),
  key,
  own: target === undefined ? engine.handlers : recordingEngine(engine.handlers, recording.own),
})
