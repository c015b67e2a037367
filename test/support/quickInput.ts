import type { Locator, Page } from 'playwright-core'

/** The box at the top of the window: the palette, pickers and input boxes. */
export class QuickInput {
  constructor(private readonly page: Page) {}

  get box(): Locator {
    return this.page.locator('.quick-input-widget:visible')
  }

  get input(): Locator {
    return this.box.locator('input.input')
  }

  private get rowElements(): Locator {
    return this.box.locator('.quick-input-list .monaco-list-row')
  }

  /** Puts text into the box in place of what was there. */
  async filter(text: string): Promise<void> {
    await this.input.fill(text)
  }

  /** The labels of the rows on the screen. */
  async rows(): Promise<readonly string[]> {
    await this.rowElements.first().waitFor()
    return this.rowElements.locator('.label-name').allTextContents()
  }

  /** Chooses the row with this label. */
  async choose(label: string): Promise<void> {
    await this.rowElements.filter({ has: this.page.locator('.label-name').getByText(label, { exact: true }) }).first().click()
  }

  /** Answers an input box. */
  async answer(text: string): Promise<void> {
    await this.filter(text)
    await this.page.keyboard.press('Enter')
  }

  async dismiss(): Promise<void> {
    await this.page.keyboard.press('Escape')
    await this.box.waitFor({ state: 'hidden' })
  }
}
