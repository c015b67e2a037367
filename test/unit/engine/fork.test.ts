import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { forkEngine } from '../../../src/engine/fork'
import type { ExitKind } from '../../../src/engine/process'
import type { FromEngine } from '../../../src/engine/protocol'

const home = mkdtempSync(path.join(tmpdir(), 'inkling-fork-'))
afterAll(() => rmSync(home, { recursive: true }))
const script = path.join(home, 'engine.cjs')
// Says how it was started, and ends as it is told to.
writeFileSync(script, `
process.send({ type: 'log', level: 'warn', text: String(process.env.INKLING_VECTORS) + ' ' + process.env.KEPT })
process.on('message', ({ id }) => (id < 0 ? process.kill(process.pid, 'SIGKILL') : process.exit(id)))
`)

describe('an engine of its own process', () => {
  const start = forkEngine(() => ({ script, env: { KEPT: 'kept' } }))

  /** Starts one and ends it. @returns what it said of its start */
  const once = (id: number): Promise<{ said: string; kind: ExitKind }> =>
    new Promise((resolve) => {
      let said = ''
      const engine = start({
        onMessage(message: FromEngine) {
          if (message.type === 'log') said = message.text
          engine.send({ type: 'cancel', id })
        },
        onExit: (_, kind) => resolve({ said, kind }),
      })
    })

  it('does without an experiment of V8 once one has died, not when somebody ended it', async () => {
    expect(await once(-1)).toEqual({ said: 'undefined kept', kind: 'killed' })
    expect(await once(70)).toEqual({ said: 'undefined kept', kind: 'died' })
    expect(await once(-1)).toEqual({ said: 'narrow kept', kind: 'killed' })
  })
})
