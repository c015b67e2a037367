import { rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'
import { node } from '../../esbuild.js'
import { EngineClient } from '../../src/engine/client'
import { forkEngine } from '../../src/engine/fork'
import { engineRestartPolicy } from '../../src/engine/restartPolicy'
import { systemClock } from '../../src/engine/systemClock'

const root = path.join(__dirname, '../..')

/** The engine's own process, built for the tests of a file. @returns a function that starts one; it ends with the tests */
export function useEngineChild(): (env?: Readonly<Record<string, string>>) => EngineClient {
  // Beside dist/, so that it finds the packages that are not bundled.
  const script = path.join(root, 'out', `engine-${process.pid}.js`)
  const clients: EngineClient[] = []
  beforeAll(async () => {
    await build({ ...node, entryPoints: [path.join(root, 'src/engine/child.ts')], outfile: script, sourcemap: false })
  })
  afterAll(() => {
    for (const client of clients) client.dispose()
    rmSync(script, { force: true })
  })
  return (env = {}) => {
    const client = new EngineClient(forkEngine(() => ({ script, env })), engineRestartPolicy, systemClock)
    clients.push(client)
    return client
  }
}
