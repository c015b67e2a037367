import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTokenizerJson } from '../../src/language/tokenizerFiles'

/** The tokenizer of the model in media/. */
export const embeddedTokenizer = readTokenizerJson(readFileSync(join(__dirname, '../../media/model/tokenizer.json')))
