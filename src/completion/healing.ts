/** A prompt that ends at a word boundary, and what was typed since (token healing). */
export interface HealedPrompt {
  readonly prompt: string
  readonly healing: string
}

/**
 * The pieces that can still grow at the end of a text, as GPT-2's pre-tokenizer cuts them: an apostrophe with its letters
 * (`'s`), letters or digits with the space before them, or that space alone. Punctuation is complete as it stands.
 * Letters of scripts that put no space between words are left to the model: there is no boundary to go back to.
 */
const growing = /(?<=\p{L})'\p{L}{0,2}$| ?(?:(?![\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}])\p{L}\p{M}*)+$| ?\p{N}+$| $/u

/** No word is longer; the pattern is not run over more than this. */
const longestWord = 64

/**
 * Splits the text before a caret. Several spaces at its end count as one, and none at the beginning of a line: there a
 * tokenizer's word has no space before it.
 */
export function splitHealing(before: string): HealedPrompt {
  const trimmed = before.replace(/[ \t\u00a0]+$/, '')
  const text = trimmed === before ? before : trimmed === '' || trimmed.endsWith('\n') ? trimmed : `${trimmed} `
  const tail = text.slice(-longestWord)
  const match = growing.exec(tail)
  if (!match) return { prompt: text, healing: '' }
  // A match that begins where the tail begins is part of something longer than any word.
  if (match.index === 0 && tail.length < text.length) return { prompt: text, healing: '' }
  const start = text.length - match[0].length
  return { prompt: text.slice(0, start), healing: match[0] }
}
