import { describe, expect, it } from 'vitest'
import { InklingError, toInklingError } from '../../../src/base/errors'

describe('InklingError', () => {
  it('fills its message with its facts', () => {
    const error = InklingError.of('model-folder-missing', { folder: '/models/x' })
    expect(error.message).toBe('There is no model folder at /models/x.')
    expect(error.remedy.hint).toContain('embedded')
  })

  it('leads to the very setting that it speaks of', () => {
    const error = InklingError.of('setting-invalid', { setting: 'inkling.threads', value: '-1', expected: 'a whole number from 0 to 256', fallback: '0' })
    expect(error.remedy).toMatchObject({ kind: 'setting', setting: 'inkling.threads' })
    expect(InklingError.of('device-unavailable', { device: 'cuda', reason: 'there is none' }).remedy).toMatchObject({ kind: 'setting', setting: 'inkling.device' })
  })

  it('survives a process boundary as code and facts', () => {
    const sent = InklingError.of('tokenizer-mismatch', { tokens: 5, vocabulary: 4 })
    const received = InklingError.fromWire(structuredClone({ code: sent.code, facts: sent.facts }))
    expect(received.message).toBe(sent.message)
    expect(received.code).toBe('tokenizer-mismatch')
  })

  it.each(['constructor', '__proto__', 'no such code'])('takes the unknown code %s for an internal error', (code) => {
    expect(InklingError.fromWire({ code, facts: {} }).code).toBe('internal')
  })

  it('keeps what was thrown as the cause of an internal error', () => {
    const cause = new TypeError('x is not a function')
    const error = toInklingError(cause)
    expect(error.code).toBe('internal')
    expect(error.cause).toBe(cause)
  })
})
