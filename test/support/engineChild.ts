import { copyFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'
import { node } from '../../esbuild.js'
import { EngineClient } from '../../src/engine/client'
import { ChildProber } from '../../src/engine/devices/childProber'
import { forkEngine, type ForkOptions } from '../../src/engine/fork'
import { engineRestartPolicy } from '../../src/engine/restartPolicy'
import { systemClock } from '../../src/engine/systemClock'
import { decoderFile } from './decoder'

const root = path.join(__dirname, '../..')

/** Programs that play a graphics card, or WebAssembly, on a machine that does much else. */
export const slowestMs = 600_000

type Environment = Readonly<Record<string, string>>

export interface EngineChildren {
  /** Starts an engine in a process of its own, which ends with the tests. */
  readonly engine: (env?: Environment) => EngineClient
  readonly prober: (env?: Environment) => ChildProber
}

/** The engine's own processes, built for the tests of a file. */
export function useEngineChildren(): EngineChildren {
  // Beside dist/, so that they find the packages that are not bundled.
  const folder = path.join(root, 'out', `engine-${process.pid}`)
  const clients: EngineClient[] = []
  beforeAll(async () => {
    await build({ ...node, entryPoints: { engine: path.join(root, 'src/engine/child.ts'), probe: path.join(root, 'src/engine/probe.ts') }, outdir: folder, sourcemap: false })
    copyFileSync(await decoderFile(), path.join(folder, 'decoder.wasm'))
  })
  afterAll(() => {
    for (const client of clients) client.dispose()
    rmSync(folder, { recursive: true, force: true })
  })
  const options = (script: string, env: Environment = {}) => (): ForkOptions => ({ script: path.join(folder, script), env })
  return {
    engine: (env) => {
      const client = new EngineClient(forkEngine(options('engine.js', env)), engineRestartPolicy, systemClock)
      clients.push(client)
      return client
    },
    prober: (env) => new ChildProber(options('probe.js', env), systemClock, slowestMs),
  }
}
