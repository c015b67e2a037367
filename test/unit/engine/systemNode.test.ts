import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { isTrap } from '../../../src/engine/fork'
import { checkNode } from '../../../src/engine/systemNode'
import { temporaryFolders } from './onnx/temporaryFolder'

const newFolder = temporaryFolders()

/** A program that prints this when it is asked. */
function program(script: string): string {
  const file = path.join(newFolder(), 'node')
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}

describe('a Node of the user’s own', () => {
  it('is used when it is new enough', async () => {
    await expect(checkNode(process.execPath)).resolves.toBeUndefined()
  })

  it.skipIf(process.platform === 'win32').each([
    ['is not there', () => path.join(newFolder(), 'node'), 'there is no such file'],
    ['is a folder', () => (mkdirSync(path.join(newFolder(), 'x')), newFolder()), 'it is not a file'],
    ['may not be run', () => { const file = program('echo 22.0.0'); chmodSync(file, 0o644); return file }, 'it cannot be run'],
    ['fails', () => program('echo 22.0.0; exit 3'), 'it cannot be run'],
    ['is another program', () => program('echo usage: code'), 'it is not Node.js'],
    ['is too old', () => program('echo 20.8.1'), 'it is Node.js 20.8.1, and 20.9 is needed'],
    ['is far too old', () => program('echo 8.17.0'), 'it is Node.js 8.17.0, and 20.9 is needed'],
    ['never stops talking', () => program('while :; do echo 22.0.0; done'), 'it cannot be run'],
  ])('is refused when it %s', async (_, make, reason) => {
    await expect(checkNode(make())).rejects.toMatchObject({ code: 'node-path-unusable', facts: { reason } })
  })

  it.skipIf(process.platform === 'win32')('is refused when it does not answer', async () => {
    await expect(checkNode(program('exec sleep 60'), 200)).rejects.toMatchObject({ code: 'node-path-unusable', facts: { reason: 'it did not answer in time' } })
  })
})

describe('the end of a process', () => {
  it.each<[string, number | null, string | null, boolean]>([
    ['a breakpoint', null, 'SIGTRAP', true],
    ['an illegal instruction', null, 'SIGILL', true],
    ['an abort', null, 'SIGABRT', true],
    ['a breakpoint on Windows', -2147483645, null, true],
    ['Chromium’s own code on Windows', 3758096392, null, true],
    ['being killed', null, 'SIGKILL', false],
    ['a wrong address', null, 'SIGSEGV', false],
    ['leaving', 0, null, false],
    ['an uncaught error', 1, null, false],
  ])('by %s speaks of memory that was not given: %#', (_, code, signal, expected) => {
    expect(isTrap(code, signal)).toBe(expected)
  })
})
