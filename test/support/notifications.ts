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
    await toast.waitFor()
    return toast
  }

  /** Presses a button of the message that contains `text`. */
  async press(text: string, button: string): Promise<void> {
    const toast = await this.waitFor(text)
    await toast.locator('.monaco-button', { hasText: button }).click()
  }
}
