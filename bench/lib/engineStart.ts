/** How long the engine takes from nothing to its first answer, on a machine that does nothing else. */
import path from 'node:path'
import { EngineClient } from '../../src/engine/client'
import { forkEngine } from '../../src/engine/fork'
import { engineRestartPolicy } from '../../src/engine/restartPolicy'
import { systemClock } from '../../src/engine/systemClock'
import { ensureCodeServer } from '../../tools/lib/codeServer.mjs'
import { root } from '../../tools/lib/project.mjs'

/** What the editor asks for a caret behind a text. */
const limits = { maxTokens: 16, minFirstWord: 0.45, minJoint: 0.045, boundary: 'sentence' } as const

/**
 * Starts the engine's process with the embedded model and asks for a suggestion behind `text`.
 * @param cacheFolder of made graphs
 * @returns milliseconds from before the process is started to the suggestion
 */
export async function firstSuggestionMs(text: string, cacheFolder: string): Promise<number> {
  const { node } = await ensureCodeServer()
  const began = performance.now()
  const engine = new EngineClient(forkEngine(() => ({ script: path.join(root, 'dist/engine.js'), program: node })), engineRestartPolicy, systemClock)
  try {
    const model = { folder: path.join(root, 'media/model'), precision: 'int8', device: 'cpu', threads: 0, cacheFolder } as const
    const [first] = await engine.call('continue', { model, session: 'bench', request: { prompt: text, healing: '', candidates: 1, limits } })
    if (first === undefined) throw new Error('The model suggests nothing here.')
    return performance.now() - began
  } finally {
    engine.dispose()
  }
}
