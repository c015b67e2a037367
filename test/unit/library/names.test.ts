import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { FileHasher, parseDigest } from '../../../src/library/digest'
import { folderName, importName, parseModelId } from '../../../src/library/modelId'
import { parseRetryAfter, retryDelayMs } from '../../../src/library/retryPolicy'
import { areSafePaths, isSafePath } from '../../../src/library/safePath'

describe('a file name from a listing', () => {
  it.each(['config.json', 'onnx/model_q4.onnx', 'onnx/model.onnx_data', '.gitattributes', 'weights/..hidden..x', 'ünïcode.json', 'a/b/c/d.txt', 'com.json', 'console.txt'])('%j is taken', (name) => {
    expect(isSafePath(name)).toBe(true)
  })

  it.each([
    '', '.', '..', '../evil', 'a/../b', 'a/..', '/etc/passwd', '//host/share', 'a//b', 'a/', './a',
    '..\\evil', 'a\\b', '\\\\host\\share', 'C:\\x', 'C:/x', 'c:x', 'file.json:stream', 'a/C:/x',
    'CON', 'con.json', 'nul', 'NUL.txt', 'a/PRN', 'aux.onnx', 'COM1', 'com9.bin', 'LPT1.txt', 'COM¹', 'CONIN$',
    'config.json.', 'config.json ', ' config.json', 'a /b', 'a./b', 'a\0b', 'a\nb', 'a\u007fb', 'a*b', 'a?b', 'a<b', 'a|b', 'a"b',
    'model\u202egnp.exe', 'mod\u200bel', 'x'.repeat(256), 'a/'.repeat(9) + 'b',
  ])('%j is refused', (name) => {
    expect(isSafePath(name)).toBe(false)
  })

  it('is refused beside one that is the same where case does not count', () => {
    expect(areSafePaths(['Config.json', 'config.json'])).toBe(false)
    expect(areSafePaths(['caf\u00e9', 'cafe\u0301'])).toBe(false)
    expect(areSafePaths(['config.json', 'tokenizer.json'])).toBe(true)
  })
})

describe('the name of a model', () => {
  it.each([
    ['openai-community/gpt2', 'openai-community--gpt2'],
    ['gpt2', 'openai-community--gpt2'],
    ['distilgpt2', 'distilbert--distilgpt2'],
    ['onnx-community/Qwen2.5-0.5B', 'onnx-community--Qwen2.5-0.5B'],
    ['_a/b_', '_a--b_'],
  ])('%j is kept in %j', (text, folder) => {
    const id = parseModelId(text)
    expect(id && folderName(id)).toBe(folder)
  })

  it.each(['', 'name', 'a/b/c', '/b', 'a/', '../b', 'a/..', 'a/.b', 'a/b.', 'a--b/c', 'a/b..c', 'con/b', 'a/NUL', 'a\\b', 'a/b ', 'a/b?x', 'a/b#x', 'a/%2e%2e', 'a/b.git', '-a/b', 'ä/b', `a/${'x'.repeat(97)}`, '/home/user/model', 'C:/models'])('%j is none', (text) => {
    expect(parseModelId(text)).toBeUndefined()
  })
})

describe('the name of a model from a folder', () => {
  it.each([
    ['gpt2', 'local/gpt2'], ['My model (2)', 'local/My-model-2'], ['..weird..name--', 'local/weird.name'], ['Ünïcode', 'local/n-code'],
    ['me/mine', 'me/mine'], ['...', undefined], ['a/b/c', undefined], ['', undefined],
  ])('called %j is %s', (text, expected) => {
    expect(importName(text)).toBe(expected)
  })
})

describe('a digest', () => {
  const bytes = Buffer.from('hello\n')

  it('is Git’s for small files', () => {
    // `printf 'hello\n' | git hash-object --stdin`
    const hasher = new FileHasher(parseDigest('git-blob', 'ce013625030ba8dba906f756967f9e9ca394464a'), bytes.length)
    hasher.update(bytes)
    expect(hasher.finish()).toEqual({ sha256: createHash('sha256').update(bytes).digest('hex'), mismatch: undefined })
  })

  it('says what was found instead', () => {
    const hasher = new FileHasher({ kind: 'sha256', hex: '0'.repeat(64) }, bytes.length)
    hasher.update(bytes)
    expect(hasher.finish().mismatch).toBe('5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03')
  })

  it.each(['a', 'A', 'aB', 'sha256:a', 'SHA256:A', 'Sha256:aB'])('is the same whatever the case it is written in: %s…', (beginning) => {
    const digits = 'ab'.repeat(32)
    const hex = beginning.replace(/^sha256:/i, '')
    expect(parseDigest('sha256', beginning + digits.slice(hex.length).toUpperCase())).toEqual({ kind: 'sha256', hex: digits })
  })

  it.each([['sha256', 'abc'], ['sha256', 'g'.repeat(64)], ['git-blob', 'a'.repeat(64)], ['sha256', undefined], ['sha256', 7]] as const)('%s %j is none', (kind, value) => {
    expect(parseDigest(kind, value)).toBeUndefined()
  })
})

describe('the pause before the next try', () => {
  const policy = { failures: 4, firstDelayMs: 10, longestDelayMs: 25, longestRetryAfterMs: 1000 }
  it.each([
    [1, undefined, 10], [2, undefined, 20], [3, undefined, 25], [4, undefined, undefined],
    [1, 500, 500], [1, 5, 10], [1, 1001, undefined], [4, 1, undefined],
  ])('after failure %i, asked for %s: %s', (failed, asked, expected) => {
    expect(retryDelayMs(policy, failed, asked)).toBe(expected)
  })

  it.each([['120', 120_000], [' 0 ', 0], ['Thu, 01 Jan 1970 00:00:10 GMT', 10_000 - 4000], ['Thu, 01 Jan 1970 00:00:01 GMT', 0], ['soon', undefined], [undefined, undefined]])('%j asks for %s ms', (value, expected) => {
    expect(parseRetryAfter(value, 4000)).toBe(expected)
  })
})
