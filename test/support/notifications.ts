import type { Locator, Page } from 'playwright-core'

/** The messages at the bottom right. */
export class Notifications {
  constructor(private readonly page: Page) {}

  get toasts(): Locator {
    return this.page.locator('.notification-toast')
  }

  /** The sentences that show now. */
  async messages(): Promise<readonly string[]> {
    return this.toasts.locator('.notification-list-item-message').allTextContents()
  }

  /** Waits for a message that contains `text`. */
  async waitFor(text: string): Promise<Locator> {
    const toast = this.toasts.filter({ hasText: text }).first()
    if (await toast.waitFor({ timeout: 8_000 }).then(() => true, () => false)) return toast
    // Of more than three messages in a moment the editor lets the last wait behind the bell.
    const center = this.page.locator('.notifications-center')
    // A click on the bell of an open list closes it.
    if (!await center.isVisible()) await this.page.locator('[id="status.notifications"]').click()
    const listed = center.locator('.notification-list-item').filter({ hasText: text }).first()
    await listed.waitFor()
    return listed
  }

  /** Presses a button of the message that contains `text`. */
  async press(text: string, button: string): Promise<void> {
    const toast = await this.waitFor(text)
    await toast.locator('.monaco-button', { hasText: button }).click()
  }
}
