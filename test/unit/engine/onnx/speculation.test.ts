import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTokenizer } from '../../../../src/engine/modelFolder'
import { openGpt2 } from '../../../../src/engine/onnx/openGpt2'
import type { Precision } from '../../../../src/gpt2/weightFormat'
import { generate } from '../../../../src/language/generate'
import type { LanguageModel } from '../../../../src/language/languageModel'
import type { Sampling } from '../../../../src/language/sampling'
import { WarmContext } from '../../../../src/language/warmContext'

const folder = path.join(import.meta.dirname, '../../../../media/model')
const prompts = [
  'Open the settings and choose a model. Close the settings and open the log. Open the settings and choose a',
  '- apples, pears and plums\n- apples, pears and cherries\n- apples, pears and',
  'The old man went down to the river, and the old man sat by the river, and there the old man',
]
const samplings: readonly Sampling[] = [
  { kind: 'greedy', repetitionPenalty: 1 },
  { kind: 'sample', temperature: 0.7, topK: 50, topP: 0.95, repetitionPenalty: 1, seed: 11 },
]

const open = async (precision: Precision): Promise<LanguageModel> =>
  openGpt2({ folder, tokenizer: await readTokenizer(folder), precision, device: 'cpu', threads: 2, cacheFolder: undefined })

describe('speculation on a real model', () => {
  it.each(samplings)('changes no token of what is written by $kind in 32 bits', async (sampling) => {
    const model = await open('fp32')
    let drafted = 0
    for (const prompt of prompts) {
      const write = (speculate: boolean | undefined) => generate(model, new WarmContext(model.open()), { prompt, maxNewTokens: 64, sequences: 1, sampling, stop: [], speculate })
      const [fast, slow] = [await write(undefined), await write(false)]
      expect(fast.sequences[0]?.tokens).toEqual(slow.sequences[0]?.tokens)
      expect(fast.sequences[0]?.logprob).toBeCloseTo(slow.sequences[0]?.logprob ?? NaN, 2)
      drafted += fast.drafts?.drafted ?? 0
    }
    expect(drafted).toBeGreaterThan(0)
    model.dispose()
  })

  it.each(['int8', 'int4'] as const)('is left out in %s, where it could change the text', async (precision) => {
    const model = await open(precision)
    const { drafts } = await generate(model, new WarmContext(model.open()), { prompt: prompts[1] ?? '', maxNewTokens: 32, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [] })
    expect(drafts).toEqual({ drafted: 0, right: 0 })
    model.dispose()
  })
})
