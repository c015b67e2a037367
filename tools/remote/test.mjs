// @ts-check
/**
 * npm run test:server: the tests of test/server against a real llama-cpp-python, which is compiled first where it is not
 * there. INKLING_SERVER_PYTHON names a Python that has it. With --record, what the server says is kept for the tests that
 * run without it (test/reference/server).
 */
import path from 'node:path'
import { run } from '../lib/processes.mjs'
import { root } from '../lib/project.mjs'
import { runMain, say } from '../lib/say.mjs'
import { ensureModel, ensurePython, startLlamaServer } from './llamaServer.mjs'

await runMain(async () => {
  const python = await ensurePython()
  const model = await ensureModel(python)
  const key = 'a-key-for-the-test'
  const servers = await Promise.all([true, false].map((logprobs) => startLlamaServer(python, model, { key, logprobs })))
  say(`llama-cpp-python listens on ${servers.map(({ url }) => url).join(' and ')}`)
  try {
    const ended = await run(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.server.config.mjs'], {
      env: { ...process.env, INKLING_TEST_SERVERS: JSON.stringify(servers.map(({ url }) => url)), INKLING_TEST_KEY: key, ...(process.argv.includes('--record') ? { INKLING_RECORDING: path.join(root, 'test/reference/server/llama-cpp-python.json') } : {}) },
      stdio: 'inherit',
    })
    if (!ended.ok) process.exitCode = 1
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
})
