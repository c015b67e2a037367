import type { Event } from '../../src/base/event'
import { Emitter } from '../../src/base/event'

export type Rgb = readonly [number, number, number]

/** How grey levels are drawn: 0 is `paper`, 255 is `ink`. */
export interface Palette {
  readonly paper: Rgb
  readonly ink: Rgb
}

/** For files that leave the editor: black on white, as print has it. */
export const printPalette: Palette = { paper: [255, 255, 255], ink: [17, 17, 17] }

/** Photographs: 0 is black. */
export const photoPalette: Palette = { paper: [0, 0, 0], ink: [255, 255, 255] }

/** "rgb(1, 2, 3)" or "#010203" → [1, 2, 3]; undefined for anything else. */
export function parseColor(text: string): Rgb | undefined {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})(?:[0-9a-f]{2})?$/i.exec(text.trim())
  if (hex) return [Number.parseInt(hex[1] ?? '', 16), Number.parseInt(hex[2] ?? '', 16), Number.parseInt(hex[3] ?? '', 16)]
  const rgb = /^rgba?\(\s*([\d.]+)[ ,]+([\d.]+)[ ,]+([\d.]+)/.exec(text.trim())
  return rgb ? [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])] : undefined
}

/** Lookup of 256 colours, as canvas pixels [256 · 4]. */
export function ramp({ paper, ink }: Palette): Uint8ClampedArray {
  const table = new Uint8ClampedArray(256 * 4)
  for (let grey = 0; grey < 256; grey++) {
    for (let c = 0; c < 3; c++) table[grey * 4 + c] = (paper[c] ?? 0) + (((ink[c] ?? 0) - (paper[c] ?? 0)) * grey) / 255
    table[grey * 4 + 3] = 255
  }
  return table
}

/** The editor's colours, which change with its theme. */
export class Theme {
  private readonly changes = new Emitter<void>()
  readonly onChange: Event<void> = this.changes.event

  constructor() {
    const observer = new MutationObserver(() => this.changes.fire())
    observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] })
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] })
  }

  /** A CSS variable's value; the fallback where the theme has none. */
  color(variable: string, fallback: string): string {
    const value = getComputedStyle(document.documentElement).getPropertyValue(variable).trim()
    return value === '' ? fallback : value
  }

  get isDark(): boolean {
    return document.body.classList.contains('vscode-dark') || (document.body.classList.contains('vscode-high-contrast') && !document.body.classList.contains('vscode-high-contrast-light'))
  }

  /** Digits are ink on paper: light on dark in a dark theme, dark on light in a light one. */
  get palette(): Palette {
    const paper = parseColor(this.color('--vscode-editor-background', this.isDark ? '#1e1e1e' : '#ffffff'))
    return this.isDark ? { paper: paper ?? [30, 30, 30], ink: [240, 240, 240] } : { paper: paper ?? [255, 255, 255], ink: [20, 20, 20] }
  }
}
