import assert from 'node:assert/strict'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as vscode from 'vscode'
import { isRecord, own } from '../../src/base/json'
import { HubSource } from '../../src/library/hubSource'
import { parseModelId } from '../../src/library/modelId'
import { systemNetwork } from '../../src/library/systemNetwork'

describe('The model library in the editor', () => {
  it('goes through the proxy that the user has set', async () => {
    const asked: string[] = []
    const proxy = http.createServer()
    proxy.on('connect', (request: http.IncomingMessage, socket) => {
      asked.push(request.url ?? '')
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const settings = vscode.workspace.getConfiguration('http')
    try {
      await settings.update('proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, vscode.ConfigurationTarget.Global)
      const id = parseModelId('some/model')
      assert.ok(id)
      const network = { ...systemNetwork({ strictCertificates: true }), wait: async () => {} }
      const hub = new HubSource(new URL('https://models.invalid'), undefined, network)
      await assert.rejects(hub.list(id, 'main', AbortSignal.timeout(20_000)))
      assert.ok(asked.includes('models.invalid:443'), `the proxy was asked for ${JSON.stringify(asked)}`)
    } finally {
      await settings.update('proxy', undefined, vscode.ConfigurationTarget.Global)
      proxy.close()
    }
  })

  for (const key of ['model', 'modelByLanguage', 'library.mirror', 'library.folder', 'nodePath']) {
    it(`does not take inkling.${key} from a workspace`, async () => {
      const value = key === 'modelByLanguage' ? { markdown: '/evil' } : 'https://evil.example'
      const configuration = vscode.workspace.getConfiguration('inkling')
      await assert.rejects(Promise.resolve(configuration.update(key, value, vscode.ConfigurationTarget.Workspace)))
      const seen: unknown = vscode.workspace.getConfiguration('inkling').inspect(key)
      assert.equal(isRecord(seen) ? own(seen, 'globalValue') : 'no record', undefined)
    })
  }

  it('has its view', async () => {
    const commands = await vscode.commands.getCommands(true)
    assert.ok(commands.includes('inkling.models.focus'))
  })
})
