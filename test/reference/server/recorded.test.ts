import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { describeLlamaServers } from '../../support/llamaServerSuite'
import { recordedEngine, replay, type LoopbackServer, type Recording } from '../../support/recording'

/**
 * The tests of `npm run test:server` over what llama-cpp-python answered when they ran last. A request that is another one
 * now was not recorded: record it anew by `npm run test:server -- --record`.
 */
const recording = JSON.parse(readFileSync(path.join(__dirname, 'llama-cpp-python.json'), 'utf8')) as Recording
const key = 'a-key-for-the-test'
let servers: readonly LoopbackServer[] = []

beforeAll(async () => {
  servers = await Promise.all(recording.servers.map((exchanges) => replay(exchanges, key)))
})
afterAll(() => Promise.all(servers.map((server) => server.close())))

describeLlamaServers({ urls: () => [servers[0]?.url ?? '', servers[1]?.url ?? ''], key, own: recordedEngine(recording.own) })
