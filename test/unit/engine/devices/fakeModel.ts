import type { Context, LanguageModel } from '../../../../src/language/languageModel'

const vocabulary = 50

export interface FakeModel extends LanguageModel {
  disposed: boolean
}

/**
 * A model whose logits depend on every token that it holds.
 * @param spoil changes them, as a device that is wrong does; `step` counts the calls; may throw
 */
export function fakeModel(device: string, spoil: (logits: Float32Array, step: number) => Float32Array | void = () => {}, precision: LanguageModel['description']['precision'] = 'fp32'): FakeModel {
  let step = 0
  const open = (): Context => {
    let held: number[] = []
    return {
      get length() { return held.length },
      truncate: (length) => { held = held.slice(0, length) },
      extend: async (tokens) => {
        held.push(...tokens)
        const logits = Float32Array.from({ length: vocabulary }, (_, id) => held.reduce((sum, token, place) => sum + Math.sin((token + 1) * (id + 1) + place), 0))
        return spoil(logits, step++) ?? logits
      },
      score: () => Promise.reject(new Error('not part of this test')),
      fork: () => { throw new Error('not part of this test') },
      dispose: () => {},
    }
  }
  const model = {
    description: { name: 'fake', architecture: 'gpt2', parameters: 1, precision, device },
    contextLength: 64,
    tokenizer: { vocabularySize: vocabulary, encode: (text: string) => Int32Array.from(text.split(' '), (word) => word.length % vocabulary), bytes: (id: number) => Uint8Array.of(0x61 + (id % 26)), isSpecial: () => false },
    disposed: false,
    open,
    dispose() { model.disposed = true },
  } as unknown as FakeModel
  return model
}
