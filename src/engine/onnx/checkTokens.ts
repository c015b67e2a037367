import { InklingError } from '../../base/errors'
import type { Gpt2Config } from '../../gpt2/config'

/** @throws InklingError `tokenizer-mismatch` for an id that the model does not have */
export function checkTokens(ids: Int32Array, { vocabulary }: Pick<Gpt2Config, 'vocabulary'>): void {
  for (const id of ids) {
    if (id < 0 || id >= vocabulary) throw InklingError.of('tokenizer-mismatch', { tokens: id + 1, vocabulary })
  }
}
