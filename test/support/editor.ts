import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { browserArguments, findBrowser } from '../../tools/lib/browser.mjs'
import { atEnd } from '../../tools/lib/processes.mjs'
import { root } from '../../tools/lib/project.mjs'
import { scratch } from '../../tools/lib/scratch.mjs'
import { calmSettings, settingsFiles, startServer, type Server } from '../../tools/lib/server.mjs'
import { Workbench } from './workbench'

export interface EditorOptions {
  /** The files of the opened folder, by their path in it. */
  readonly files?: Readonly<Record<string, string>>
  /** Of the files, the workspace (of several folders) to open instead of the folder. */
  readonly workspaceFile?: string
  /** The user's settings, besides a calm workbench. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The extension notes its timings. */
  readonly trace?: boolean
  /** Joined to the environment of the extension and its processes. */
  readonly env?: Readonly<Record<string, string>>
  /** A packaged extension to install; without it the built repository is the extension. */
  readonly vsix?: string
  /** Joined to the browser's command line. */
  readonly browserArguments?: readonly string[]
  /** An editor without the extension, to compare with. */
  readonly bare?: boolean
}

type Settings = Readonly<Record<string, unknown>>

const traceFileName = 'trace.log'

/** A workbench is a megabyte of script; a machine that does other things as well takes its time. */
const openMs = 90_000

const viewport = { width: 1280, height: 800 }

/** A real editor in a real browser, with the extension in it: the server, the window and the files on disk. */
export class Editor {
  readonly workbench: Workbench

  private constructor(
    private readonly home: { readonly folder: string; remove(): void },
    private readonly server: Server,
    private readonly browser: Browser,
    readonly page: Page,
    private settings: Settings,
  ) {
    this.workbench = new Workbench(page)
  }

  /** Starts everything and waits until the workbench shows and the extension is active. */
  static async open(options: EditorOptions = {}): Promise<Editor> {
    const home = scratch('ui')
    const settings: Settings = { ...calmSettings, 'files.autoSave': 'off', 'workbench.reduceMotion': 'on', 'remote.autoForwardPorts': false, ...options.settings }
    for (const [name, text] of Object.entries(options.files ?? {})) write(path.join(home.folder, 'workspace', name), text)
    mkdirSync(path.join(home.folder, 'workspace'), { recursive: true })

    const data = path.join(home.folder, 'server')
    const extension = options.vsix === undefined ? { linkExtension: options.bare !== true } : { vsix: options.vsix }
    const server = await startServer({ data, settings, ...extension, env: { ...options.env, ...(options.trace === true ? { INKLING_TRACE: path.join(home.folder, traceFileName) } : {}) } })
    const browser = await chromium.launch({ ...(await findBrowser()), args: [...browserArguments, ...(options.browserArguments ?? [])] })
    atEnd(() => browser.close())
    const page = await browser.newPage({ viewport, permissions: ['clipboard-read', 'clipboard-write'] })
    const editor = new Editor(home, server, browser, page, settings)
    try {
      await page.goto(server.address(path.join(home.folder, 'workspace', options.workspaceFile ?? '')), { timeout: openMs })
      await editor.workbench.ready(options.bare !== true)
    } catch (error) {
      await editor.keepEvidence('opening the editor')
      await editor.close()
      throw error
    }
    return editor
  }

  /** The folder in which this editor, its extensions and its files live. */
  get scratch(): string {
    return this.home.folder
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.server.stop()
    this.home.remove()
  }

  /** Ends the browser's process for graphics, as a driver that fails does; the browser starts another. */
  async crashGraphics(): Promise<void> {
    const session = await this.browser.newBrowserCDPSession()
    await session.send('Browser.crashGpuProcess')
  }

  /** The content of a file of the opened folder, as it is on disk. */
  read(name: string): string {
    return readFileSync(path.join(this.home.folder, 'workspace', name), 'utf8')
  }

  /** Puts a file into the opened folder from outside the editor. */
  write(name: string, text: string): void {
    write(path.join(this.home.folder, 'workspace', name), text)
  }

  /** The files of the extension that was installed from a package, by their path in it. */
  installedFiles(): readonly string[] {
    const extensions = path.join(this.home.folder, 'server/extensions')
    const name = readdirSync(extensions).find((entry) => entry.startsWith('inkling.inkling-'))
    if (name === undefined) throw new Error(`There is no extension in ${extensions}.`)
    const folder = path.join(extensions, name)
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(path.join(folder, file)).isFile())
      .map((file) => file.replaceAll(path.sep, '/'))
  }

  /** Where the extension keeps what is the user's. */
  get storage(): string {
    return path.join(this.home.folder, 'server/data/User/globalStorage/inkling.inkling')
  }

  /** Changes the user's settings, which the running editor notices by itself; undefined takes one out. */
  updateSettings(changed: Settings): void {
    this.settings = { ...this.settings, ...changed }
    for (const file of settingsFiles(path.join(this.home.folder, 'server'))) write(file, JSON.stringify(this.settings, undefined, 2))
  }

  /** Where the extension notes its timings; needs `trace`. The server and what it starts have the path in their environment. */
  get traceFile(): string {
    return path.join(this.home.folder, traceFileName)
  }

  /** The timings that the extension has noted so far. */
  trace(): string {
    return readFileSync(this.traceFile, 'utf8')
  }

  /** A picture for the documentation, drawn anew only when `UPDATE_DOCS=1` asks for it. */
  async picture(name: string): Promise<void> {
    if (process.env.UPDATE_DOCS !== '1') return
    mkdirSync(path.join(root, 'docs/images'), { recursive: true })
    await this.page.screenshot({ path: path.join(root, 'docs/images', `${name}.png`) })
  }

  /** Leaves a picture and the logs in test-results/ui, for a test that failed. */
  async keepEvidence(title: string): Promise<void> {
    const folder = path.join(root, 'test-results/ui', title.replace(/[^\w.-]+/g, '-').slice(0, 100))
    rmSync(folder, { recursive: true, force: true })
    write(path.join(folder, 'server.log'), this.server.log())
    const logs = path.join(this.home.folder, 'server/data/logs')
    if (existsSync(logs)) cpSync(logs, path.join(folder, 'logs'), { recursive: true })
    await this.page.screenshot({ path: path.join(folder, 'window.png'), timeout: 10_000 }).catch(() => undefined) // a crashed page has none
  }
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}
