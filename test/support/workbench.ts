import type { Locator, Page } from 'playwright-core'
import { Notifications } from './notifications'
import { QuickInput } from './quickInput'

const startMs = 60_000

/** The editor's window as a person sees and uses it: by what is on the screen, the keyboard and the mouse. */
export class Workbench {
  readonly quickInput: QuickInput
  readonly notifications: Notifications

  constructor(private readonly page: Page) {
    this.quickInput = new QuickInput(page)
    this.notifications = new Notifications(page)
  }

  /** The extension's item in the status bar. */
  get statusItem(): Locator {
    return this.page.locator('.statusbar-item[id="inkling.inkling.inkling.status"]')
  }

  /** The grey words after the caret, in all their parts; in an editor, a cell of a notebook or an input box. */
  get ghost(): Locator {
    return this.page.locator('[class*="ghost-text-decoration"]')
  }

  /** Waits until the window shows and the extension, where there is one, is active, which its status item tells. */
  async ready(withExtension = true): Promise<void> {
    await this.page.locator('.monaco-workbench .explorer-folders-view').waitFor({ timeout: startMs })
    if (withExtension) await this.statusItem.waitFor({ timeout: startMs })
  }

  /** Opens a file of the folder from the explorer, to stay, and puts the caret at its end. */
  async openFile(name: string): Promise<void> {
    await this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first().dblclick()
    await this.page.locator('.tab.active', { hasText: name }).first().waitFor()
    await this.page.locator('.editor-instance .view-lines').first().waitFor()
    await this.press('ControlOrMeta+End')
  }

  /** Types as a person does, key by key. */
  async type(text: string, delayMs = 30): Promise<void> {
    await this.page.keyboard.type(text, { delay: delayMs })
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key)
  }

  /** Chooses a command in the palette by its full title. */
  async runCommand(title: string): Promise<void> {
    await this.press('F1')
    await this.quickInput.chooseFrom(`>${title}`, title)
  }

  /** Saves the file in front and waits until it is on disk. */
  async save(): Promise<void> {
    await this.press('ControlOrMeta+s')
    await this.page.locator('.tab.active:not(.dirty)').waitFor()
  }

  /** The grey words that show now; empty where there are none. */
  async ghostText(): Promise<string> {
    return plain(await this.ghost.allTextContents())
  }

  /** Waits for grey words. @returns them */
  async waitForGhostText(timeoutMs = 30_000): Promise<string> {
    await this.ghost.first().waitFor({ timeout: timeoutMs })
    return this.ghostText()
  }

  /** The lines of the editor in front that are on the screen, with the ghost text in them. */
  async visibleLines(): Promise<readonly string[]> {
    // The order of the elements is not the order of the lines.
    const lines = await this.page.locator('.editor-group-container.active .view-line').evaluateAll((elements: readonly DrawnLine[]): readonly string[] =>
      [...elements].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((element) => element.textContent),
    )
    return lines.map((line) => plain([line]))
  }
}

/** What is read of an element of the page; the types of a whole browser are not ours. */
interface DrawnLine {
  readonly textContent: string
  getBoundingClientRect(): { readonly top: number }
}

/** The editor draws blanks as no-break spaces. */
function plain(parts: readonly string[]): string {
  return parts.join('').replaceAll('\u00a0', ' ')
}
