import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRecord, own } from '../../src/base/json'
import { embeddedModelName } from '../../src/engine/protocol'
import { root } from '../../tools/lib/project.mjs'
import { scratch } from '../../tools/lib/scratch.mjs'
import { Editor } from '../support/editor'

/** The settings that only the user may make, by the manifest: each that names a path, an address or a program is among them. */
const guarded = Object.entries(properties()).filter(([, property]) => isRecord(property) && own(property, 'scope') === 'machine')

/** Settings of other scopes, none of which may name a place. */
const open = Object.entries(properties()).filter(([, property]) => isRecord(property) && own(property, 'scope') !== 'machine')

describe.skipIf(process.platform === 'win32')('A workspace that wants to send the writer elsewhere', () => {
  const { folder, remove } = scratch('hostile')
  /** Runs as Node does, and leaves a mark that it ran. */
  const program = path.join(folder, 'program')
  const mark = path.join(folder, 'ran')
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(404).end()
  })
  let editor: Editor
  /** What the status menu says of the model inside, on the editor's own processor. */
  const inside = new RegExp(`${embeddedModelName}: .* int8 on cpu`)

  async function statusMenu(): Promise<string> {
    const { workbench } = editor
    await workbench.statusItem.click()
    await workbench.quickInput.rows()
    const text = await workbench.quickInput.box.innerText()
    await workbench.quickInput.dismiss()
    return text
  }

  beforeAll(async () => {
    writeFileSync(program, `#!/bin/sh\n: > '${mark}'\nexec '${process.execPath}' "$@"\n`)
    chmodSync(program, 0o755)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const wishes = Object.fromEntries(guarded.map(([name, property]) => [name, wish(name, property)]))
    // Straight, in blocks of the language that is written in, and as trees, which the editor does not hold against the scopes of the manifest.
    const settings = { ...wishes, '[markdown]': wishes, '[markdown][plaintext]': wishes, ...treeOf(wishes), settings: wishes, profiles: { default: { settings: wishes } } }
    const text = JSON.stringify(settings)
    editor = await Editor.open({
      files: {
        'one/note.md': '', 'one/.vscode/settings.json': text, 'two/other.md': '', 'two/.vscode/settings.json': text, '.vscode/settings.json': text,
        'both.code-workspace': JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }], settings }),
      },
      workspaceFile: 'both.code-workspace',
      settings: { 'inkling.suggestions.confidence': 'eager' },
    })

    function wish(name: string, property: unknown): unknown {
      const fallback = isRecord(property) ? own(property, 'default') : undefined
      if (isRecord(fallback)) return { markdown: folder }
      if (typeof fallback === 'boolean') return !fallback
      if (typeof fallback === 'number') return fallback + 1
      if (isRecord(property) && Array.isArray(own(property, 'enum'))) return (own(property, 'enum') as readonly unknown[]).find((value) => value !== fallback)
      return /program|nodepath/i.test(name) ? program : /mirror|url|server/i.test(name) ? address : folder
    }
  })
  afterAll(async () => {
    await editor.close()
    server.closeAllConnections()
    server.close()
    remove()
  })

  it('writes with the writer’s own model, on the editor’s own runtime', async () => {
    const { workbench } = editor
    await workbench.openFile('note.md')
    await workbench.type('There was nothing to be done, and so they sat at the end of')
    expect(await workbench.waitForGhostText()).toMatch(/\S/)
    await expect.poll(statusMenu).toMatch(inside)
    expect(existsSync(mark)).toBe(false)
  })

  it('sends no word to a server that the workspace names', async () => {
    expect(asked).toEqual([])
    expect(await editor.workbench.statusItem.innerText()).not.toContain('127.0.0.1')
  })

  it('asks no address for models that the workspace names', async () => {
    const { workbench } = editor
    await workbench.runCommand('Inkling: Download a Model…')
    await workbench.quickInput.chooseFrom('Another model', 'Another model by its name…')
    await workbench.quickInput.answer('some/model')
    // Here there is no network to the hub that is asked instead; with one, it knows no such model.
    await workbench.notifications.waitFor('huggingface.co')
    expect(asked).toEqual([])
  })

  it('has no wish that was heard, and none that complained', async () => {
    expect(existsSync(mark)).toBe(false)
    expect((await editor.workbench.notifications.messages()).filter((message) => message.includes('inkling.'))).toEqual([])
  })

  it('would have run the program and asked the address had the writer wanted it, without a reload', async () => {
    const { workbench } = editor
    editor.updateSettings({ 'inkling.nodePath': program })
    await expect.poll(() => existsSync(mark), { timeout: 30_000 }).toBe(true)
    await expect.poll(statusMenu, { timeout: 30_000 }).toMatch(inside)
    editor.updateSettings({ 'inkling.library.mirror': `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    await expect.poll(async () => {
      await workbench.runCommand('Inkling: Download a Model…')
      await workbench.quickInput.chooseFrom('Another model', 'Another model by its name…')
      await workbench.quickInput.answer('some/model')
      return asked.length
    }, { timeout: 30_000, interval: 2000 }).toBeGreaterThan(0)
  })
})

/** The same settings with their names taken apart at the dots. */
function treeOf(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const tree: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(settings)) {
    const parts = name.split('.')
    const last = parts.pop() ?? name
    const branch = parts.reduce((node, part) => (node[part] ??= {}) as Record<string, unknown>, tree)
    branch[last] = value
  }
  return tree
}

describe('The settings that a workspace may make', () => {
  it.each(open)('%s names no place', (_, property) => {
    const type = isRecord(property) ? own(property, 'type') : undefined
    const isText = type === 'string' && !(isRecord(property) && Array.isArray(own(property, 'enum')))
    expect(isText).toBe(false)
  })

  it('are known to be others than those that name one', () => {
    for (const name of ['inkling.model', 'inkling.modelByLanguage', 'inkling.library.mirror', 'inkling.library.folder', 'inkling.nodePath', 'inkling.engine', 'inkling.server.url']) {
      expect(guarded.map(([key]) => key)).toContain(name)
    }
  })
})

function properties(): Readonly<Record<string, unknown>> {
  const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const contributes = isRecord(manifest) ? own(manifest, 'contributes') : undefined
  const sections: unknown = isRecord(contributes) ? own(contributes, 'configuration') : undefined
  if (!Array.isArray(sections)) throw new Error('The manifest contributes no settings.')
  return Object.assign({}, ...sections.map((section: unknown) => (isRecord(section) ? own(section, 'properties') : {}))) as Record<string, unknown>
}
