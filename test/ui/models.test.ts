import { appendFileSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../tools/lib/project.mjs'
import { provoke } from '../support/provoke'
import { useEditor } from '../support/useEditor'
import { exportFiles } from '../support/exports'
import { answerAsHub } from '../unit/library/hub'

const embedded = path.join(root, 'media/model')
/** The embedded model under another name, as a hub would give it. */
const model = { files: Object.fromEntries(readdirSync(embedded).map((name) => [name, readFileSync(path.join(embedded, name))])) }

/** An ONNX export of another architecture that knows a few sentences by heart. */
const parrot = { files: exportFiles('parrot'), info: { id: 'small/parrot', cardData: { license: 'apache-2.0' }, config: { model_type: 'qwen2' } } }

describe('A writer who wants another model', () => {
  const editor = useEditor({ files: { 'note.md': '', 'river.txt': '' }, settings: { 'inkling.suggestions.confidence': 'eager' } })
  const asked: string[] = []
  /** How much of a large file the hub sends before it falls silent. */
  let silentAfter = Infinity
  /** What the hub wants to be given for anything. */
  let token: string | undefined
  const hub = http.createServer((request, response) => {
    asked.push(request.url ?? '')
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end()
      return
    }
    const weights = model.files['model.safetensors']
    if (request.url === '/cdn/model.safetensors' && weights !== undefined && silentAfter < weights.length) {
      response.writeHead(200, { 'content-length': weights.length })
      response.write(weights.subarray(0, silentAfter))
      return
    }
    const path = request.url ?? ''
    const asksForParrot = path.includes('small/parrot') || path.includes('onnx')
    answerAsHub(asksForParrot ? parrot : model, { request, response, number: 0, path: path.replace('small/parrot', 'some/model') })
  })
  let host = ''

  beforeAll(async () => {
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve))
    host = `127.0.0.1:${(hub.address() as AddressInfo).port}`
    editor().updateSettings({ 'inkling.library.mirror': `http://${host}` })
  })
  afterAll(() => {
    hub.closeAllConnections()
    hub.close()
  })

  const dialog = () => editor().page.locator('.monaco-dialog-box')
  const models = () => editor().page.locator('.pane', { hasText: 'On this machine' }).locator('.monaco-list-row')

  async function askFor(name: string): Promise<void> {
    const { workbench } = editor()
    await workbench.runCommand('Inkling: Download a Model…')
    await workbench.quickInput.chooseFrom('Another model', 'Another model by its name…')
    await workbench.quickInput.answer(name)
  }

  /** By command: a click on the icon of a view that is open closes it. */
  const show = async (title: string, view: string): Promise<void> => {
    await editor().workbench.runCommand(`View: Show ${title}`)
    await editor().page.locator(view).first().waitFor()
  }
  const showModels = (): Promise<void> => show('Inkling', '.pane:has-text("On this machine")')
  const showFiles = (): Promise<void> => show('Explorer', '.explorer-folders-view')

  it('sees what is here and what can be had', async () => {
    await showModels()
    await models().filter({ hasText: 'Qwen2.5 0.5B' }).waitFor()
    const rows = await models().locator('.label-name').allTextContents()
    expect(rows).toEqual(['On this machine', 'Inkling', 'Available', 'GPT-2', 'DistilGPT-2', 'GPT-2 Medium', 'GPT-2 Large', 'SmolLM 135M', 'SmolLM 360M', 'SmolLM2 135M Instruct', 'SmolLM2 360M Instruct', 'Qwen2.5 0.5B Instruct'])
    await editor().picture('models')
  })

  it('is told host, size and licence before anything is fetched', async () => {
    await askFor('some/model')
    await dialog().waitFor()
    const text = await dialog().innerText()
    expect(text).toContain('Download some/model?')
    expect(text).toContain(`From: ${host}`)
    expect(text).toMatch(/Size: \d+ MB/)
    expect(text).toContain('Licence: mit')
    await dialog().locator('.monaco-button', { hasText: 'Cancel' }).click()
    await dialog().waitFor({ state: 'hidden' })
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((url) => !url.startsWith('/api/'))).toEqual([])
    await expect.poll(() => editor().workbench.notifications.messages()).toEqual([])
  })

  it('stops a download, and sees what has come', async () => {
    silentAfter = 5_000_000
    await askFor('some/model')
    await dialog().locator('.monaco-button', { hasText: 'Download' }).click()
    const toast = await editor().workbench.notifications.waitFor('Downloading some/model: 5.')
    await toast.locator('.monaco-button', { hasText: 'Cancel' }).click()
    await models().filter({ hasText: 'some/model' }).filter({ hasText: 'MB fetched' }).waitFor()
    silentAfter = Infinity
    asked.length = 0
  })

  it('has it after agreeing, and writes with it', async () => {
    const { workbench } = editor()
    await askFor('some/model')
    await dialog().locator('.monaco-button', { hasText: 'Download' }).click()
    await workbench.notifications.press('some/model is installed.', 'Use it')
    await models().filter({ hasText: 'some/model' }).locator('.codicon-check').waitFor()
    // Only what was missing: the small files had come before.
    expect(asked.filter((url) => url.includes('tokenizer.json'))).toEqual([])
    await showFiles()
    await workbench.openFile('note.md')
    await provoke(workbench, '')
    await workbench.statusItem.click()
    expect(await workbench.quickInput.box.innerText()).toContain('some/model: ')
    await workbench.quickInput.dismiss()
  })

  it('has its files checked, and is told which was changed, and that none is', async () => {
    const { workbench } = editor()
    const config = path.join(editor().storage, 'library/models/some--model/config.json')
    appendFileSync(config, ' ')
    await workbench.runCommand('Inkling: Check a Model’s Files')
    await workbench.quickInput.choose('some/model')
    await workbench.notifications.waitFor('config.json has another size')
    truncateSync(config, model.files['config.json']?.length)
    // The editor shows three messages at a time, and this one would stay.
    await workbench.runCommand('Notifications: Clear All Notifications')
    await workbench.runCommand('Inkling: Check a Model’s Files')
    await workbench.quickInput.choose('some/model')
    await workbench.notifications.waitFor('some/model is as it was installed.')
    await workbench.runCommand('Notifications: Clear All Notifications')
  })

  it('uses another model for one language, and sees that in the list', async () => {
    const { workbench } = editor()
    await workbench.runCommand('Inkling: Use This Model for a Language…')
    await workbench.quickInput.choose('Inkling')
    await workbench.quickInput.choose('markdown')
    await showModels()
    await models().filter({ hasText: 'Inkling' }).filter({ hasText: 'markdown' }).waitFor()
    await models().filter({ hasText: 'some/model' }).locator('.codicon-check').waitFor()
    await showFiles()
  })

  it('removes it, and goes back to the embedded one, also in a language that it was for', async () => {
    const { workbench } = editor()
    // What names a model is kept for this machine.
    const settings = (): string => readFileSync(path.join(editor().storage, '../../../Machine/settings.json'), 'utf8')
    await workbench.runCommand('Inkling: Use This Model for a Language…')
    await workbench.quickInput.choose('some/model')
    await workbench.quickInput.chooseFrom('latex', 'latex')
    await expect.poll(settings).toMatch(/"latex": "some\/model"/)
    await showModels()
    await workbench.runCommand('Inkling: Remove a Model…')
    await workbench.quickInput.choose('some/model')
    await dialog().locator('.monaco-button', { hasText: 'Remove' }).click()
    await models().filter({ hasText: 'some/model' }).waitFor({ state: 'detached' })
    await models().filter({ hasText: 'Inkling' }).locator('.codicon-check').waitFor()
    await expect.poll(settings).not.toContain('some/model')
    expect(settings()).toContain('markdown')
  })

  it('enters an access token where a model asks for one, which the hub alone is sent and no settings file holds', async () => {
    const { workbench } = editor()
    token = 'hf_secret'
    await askFor('some/model')
    await workbench.notifications.press('only to those who have signed in', 'Enter access token')
    await workbench.quickInput.answer(token)
    await workbench.quickInput.box.waitFor({ state: 'hidden' })
    await askFor('some/model')
    await dialog().waitFor()
    await dialog().locator('.monaco-button', { hasText: 'Cancel' }).click()
    await dialog().waitFor({ state: 'hidden' })
    const files = readdirSync(path.join(editor().storage, '../..'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
    for (const name of files) expect(readFileSync(path.join(editor().storage, '../..', name), 'utf8')).not.toContain(token)
    token = undefined
  })

  it('is told when there is no such model', async () => {
    await askFor('no/such')
    await editor().workbench.notifications.waitFor('has no no/such')
  })

  it('downloads an export of another architecture, and writes with it', async () => {
    const { workbench } = editor()
    await askFor('small/parrot')
    await dialog().waitFor()
    expect(await dialog().innerText()).toContain('Licence: apache-2.0')
    await dialog().locator('.monaco-button', { hasText: 'Download' }).click()
    await workbench.notifications.press('small/parrot is installed.', 'Use it')
    await showModels()
    await models().filter({ hasText: 'small/parrot' }).locator('.codicon-check').waitFor()
    await showFiles()
    await workbench.openFile('river.txt')
    await workbench.press('ControlOrMeta+a', 'Delete')
    await workbench.type('The river runs past the old mi')
    // How much of the sentence is there in time is the machine's affair.
    expect('ll and under the bridge.').toContain(await workbench.waitForGhostText())
    await workbench.statusItem.click()
    expect(await workbench.quickInput.box.innerText()).toContain('small/parrot, fp32 on cpu, context 160 tokens')
  })
})
