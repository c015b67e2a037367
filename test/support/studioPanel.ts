import type { FrameLocator, Locator, Page } from 'playwright-core'

/** The Studio's panel as a person sees and uses it. */
export class StudioPanel {
  private readonly frame: FrameLocator

  constructor(window: Page) {
    this.frame = window.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame')
  }

  find(selector: string, options: { readonly hasText?: string | RegExp; readonly has?: Locator } = {}): Locator {
    return this.frame.locator(selector, options)
  }

  /** Waits until the page has spoken with the extension. */
  async ready(): Promise<void> {
    await this.find('#studio:not([aria-busy])').waitFor({ timeout: 120_000 })
  }

  async goTo(tab: 'Watch' | 'Play' | 'Runs' | 'Settings'): Promise<void> {
    await this.frame.getByRole('tab', { name: tab }).click()
  }

  /** Fills fields of the form for a new run. */
  async fill(fields: Readonly<Record<string, string>>): Promise<void> {
    await this.goTo('Settings')
    await this.find('details:not([open]) > summary').click({ timeout: 1000 }).catch(() => undefined) // open already
    for (const [field, value] of Object.entries(fields)) await this.find(`#new-${field}`).fill(value)
  }

  /** The step that the header shows. */
  async step(): Promise<number> {
    const text = await this.find('.facts').textContent()
    return Number(/^Step ([\d,]+) of/.exec(text ?? '')?.[1]?.replaceAll(',', '') ?? Number.NaN)
  }

  /** The step of the newest checkpoint on disk, as the header tells. */
  async savedStep(): Promise<number> {
    const text = await this.find('.facts').textContent()
    return Number(/saved at ([\d,]+)/.exec(text ?? '')?.[1]?.replaceAll(',', '') ?? Number.NaN)
  }

  /** A picture of the page's canvas as numbers, to tell whether something is drawn. */
  async distinctColors(canvas: string): Promise<number> {
    return this.find(canvas).first().evaluate((element: Drawn): number => {
      const { data } = element.getContext('2d').getImageData(0, 0, element.width, element.height)
      const seen = new Set<number>()
      for (let i = 0; i < data.length; i += 4) seen.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0))
      return seen.size
    })
  }

  /** What is drawn on a canvas, to tell whether it is something else than before. */
  async pixels(canvas: string): Promise<readonly number[]> {
    return this.find(canvas).first().evaluate((element: Drawn): number[] => [...element.getContext('2d').getImageData(0, 0, element.width, element.height).data])
  }

  /** Colour of a canvas's first pixel, as the style sheet would write it. */
  async cornerColor(canvas: string): Promise<string> {
    return this.find(canvas).first().evaluate((element: Drawn): string => {
      const [red, green, blue] = element.getContext('2d').getImageData(0, 0, 1, 1).data
      return `rgb(${red}, ${green}, ${blue})`
    })
  }

  /** The page's background, in the same form. */
  async background(): Promise<string> {
    return this.find('body').evaluate((body: Body): string => body.ownerDocument.defaultView.getComputedStyle(body).backgroundColor)
  }
}

/** What is read of the page's body. */
interface Body {
  readonly ownerDocument: { readonly defaultView: { getComputedStyle(of: unknown): { readonly backgroundColor: string } } }
}

/** What is read of a canvas; the types of a whole browser are not ours. */
interface Drawn {
  readonly width: number
  readonly height: number
  getContext(kind: '2d'): { getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray } }
}
