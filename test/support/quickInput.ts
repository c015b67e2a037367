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

  private get labels(): Locator {
    return this.rowElements.locator('.label-name')
  }

  /** Waits until nothing more is being brought into the list: the bar below the box has stopped. */
  async idle(): Promise<void> {
    await this.box.locator('.quick-input-progress.active').waitFor({ state: 'detached' })
  }

  /** Puts text into the box in place of what was there. */
  async filter(text: string): Promise<void> {
    await this.input.fill(text)
  }

  /** The labels of the rows on the screen, once there are any. */
  async rows(): Promise<readonly string[]> {
    await this.labels.first().waitFor()
    return this.labels.allTextContents()
  }

  /** The label of the row that Enter would take, its first line where it has several. */
  async focused(): Promise<string> {
    const [label = ''] = await this.box.locator('.monaco-list-row.focused .label-name').allTextContents()
    return label
  }

  /** Chooses the row with this label. */
  async choose(label: string): Promise<void> {
    await this.rowElements.filter({ has: this.page.locator('.label-name').getByText(label, { exact: true }) }).first().click()
  }

  /**
   * Chooses the row with this label out of those that `text` leaves, and waits until the box is no longer this one: what
   * comes next may be a box too, and its rows are not those that fade out.
   */
  async chooseFrom(text: string, label: string): Promise<void> {
    await this.filter(text)
    await this.choose(label)
    await this.page.waitForFunction(
      `(() => { const input = document.querySelector('.quick-input-widget input.input'); return !input?.checkVisibility() || input.value !== ${JSON.stringify(text)} })()`,
    )
  }

  /** Answers an input box. */
  async answer(text: string): Promise<void> {
    await this.filter(text)
    await this.page.keyboard.press('Enter')
  }

  async dismiss(): Promise<void> {
    // A box that has just come does not have the keyboard yet.
    do await this.page.keyboard.press('Escape')
    while (!await this.box.waitFor({ state: 'hidden', timeout: 2_000 }).then(() => true, () => false))
  }
}
