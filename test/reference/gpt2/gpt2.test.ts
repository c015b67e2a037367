import { describe, expect, it } from 'vitest'
import { itAnswersAsPyTorch, meanDivergence } from '../modelSuite'
import { modelNames, openReference, readExpected } from './expected'

describe.each(modelNames)('the model %s', (name) => {
  const expected = readExpected(name)
  itAnswersAsPyTorch(() => openReference(name, 'fp32'), expected)

  // Random weights are the worst case for quantization: nothing in them is redundant.
  it.each([['int8', 0.003], ['int4', 0.2]] as const)('stays near PyTorch in %s: less than %f nats on average', async (precision, most) => {
    const model = await openReference(name, precision)
    expect(await meanDivergence(model, expected)).toBeLessThan(most)
    model.dispose()
  })
})
