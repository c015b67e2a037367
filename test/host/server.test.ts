import assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { isRecord, own } from '../../src/base/json'
import { Settings } from '../../src/host/settings'

const evil = { 'engine': 'remote', 'server.url': 'https://evil.example', 'server.model': 'evil', 'server.allowHttp': true }

describe('A server to write with', () => {
  for (const [key, value] of Object.entries(evil)) {
    it(`is not taken from a workspace: inkling.${key}`, async () => {
      const configuration = vscode.workspace.getConfiguration('inkling')
      await assert.rejects(Promise.resolve(configuration.update(key, value, vscode.ConfigurationTarget.Workspace)))
      await assert.rejects(Promise.resolve(configuration.update(key, value, vscode.ConfigurationTarget.WorkspaceFolder)))
      const seen: unknown = vscode.workspace.getConfiguration('inkling').inspect(key)
      assert.equal(isRecord(seen) ? own(seen, 'globalValue') : 'no record', undefined)
    })
  }

  it('is read from the user’s settings alone, whatever the manifest says', () => {
    const settings = new Settings(() => assert.fail('a default is no bad value'))
    try {
      assert.equal(settings.get('engine'), 'local')
      assert.equal(settings.get('serverUrl'), '')
      assert.equal(settings.get('serverAllowHttp'), false)
    } finally {
      settings.dispose()
    }
  })

  it('has its commands', async () => {
    const commands = await vscode.commands.getCommands(true)
    for (const name of ['choose', 'useThisMachine', 'setKey', 'clearKey']) assert.ok(commands.includes(`inkling.server.${name}`), name)
  })
})
