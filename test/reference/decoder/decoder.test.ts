import { describe, expect, it } from 'vitest'
import { itAnswersAsPyTorch, meanDivergence } from '../modelSuite'
import { exportFolder, exportNames, openExport, readExpected } from './expected'

describe.each(exportNames)('the export %s', (name) => {
  const expected = readExpected(name)
  const open = (): ReturnType<typeof openExport> => openExport(exportFolder(name))
  itAnswersAsPyTorch(open, expected)

  it('cuts text as the fast tokenizer of transformers does', async () => {
    const model = await open()
    const actual = expected.tokenizer.map(({ text }) => ({ text, ids: [...model.tokenizer.encode(text)] }))
    expect(actual).toEqual(expected.tokenizer)
    model.dispose()
  })

  it('has tokens whose bytes are the text', async () => {
    const model = await open()
    // SentencePiece's put a space before it; Qwen's puts letters and their accents together.
    const before = name === 'llama' ? ' ' : ''
    const texts = expected.tokenizer.map(({ text }) => text).filter((text) => text !== '' && !text.includes('<') && !text.includes('▁') && text === text.normalize('NFC'))
    for (const text of texts) expect(model.tokenizer.decode(model.tokenizer.encode(text))).toBe(before + text)
    model.dispose()
  })
})

describe('an export with quantized weights', () => {
  it('is taken when 8 bits are wanted, and stays near transformers', async () => {
    const model = await openExport(exportFolder('gpt-neox'), 'int8')
    expect(model.description).toMatchObject({ architecture: 'gpt_neox', precision: 'int8' })
    expect(await meanDivergence(model, readExpected('gpt-neox'))).toBeLessThan(0.05)
    model.dispose()
  })
})
