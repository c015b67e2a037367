import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import * as vscode from 'vscode'
import { isRecord, own } from '../../src/base/json'

const id = 'inkling.inkling'

describe('The extension', () => {
  it('activates', async () => {
    const extension = vscode.extensions.getExtension(id)
    assert.ok(extension, `${id} is not installed`)
    await extension.activate()
    assert.equal(extension.isActive, true)
  })

  it('registers every command that its manifest contributes', async () => {
    const registered = (await vscode.commands.getCommands(true)).filter((command) => command.startsWith('inkling.'))
    const missing = contributedCommands().filter((command) => !registered.includes(command))
    assert.deepEqual(missing, [])
  })
})

function contributedCommands(): readonly string[] {
  const extension = vscode.extensions.getExtension(id)
  assert.ok(extension)
  const manifest: unknown = JSON.parse(readFileSync(path.join(extension.extensionPath, 'package.json'), 'utf8'))
  const contributes = isRecord(manifest) ? own(manifest, 'contributes') : undefined
  const commands = isRecord(contributes) ? own(contributes, 'commands') : undefined
  assert.ok(Array.isArray(commands) && commands.length > 0, 'the manifest contributes no commands')
  return commands.map((command: unknown) => (isRecord(command) ? String(own(command, 'command')) : ''))
}
