import type { Result } from './report'
import { savedShare, wrongShare } from './sweep'

const width = 640
const height = 400
const left = 56
const bottom = 48
const top = 16
const right = 16
/** The axes end here. */
const mostWrongShown = 0.5
const mostSavedShown = 0.4
const colours = ['#2b7de9', '#8b5cf6', '#d97706', '#6b7280']

/** Keys saved against suggestions that were wrong, a line a contender and a dot a threshold; reads on light and dark ground. */
export function chartOf(results: readonly Result[]): string {
  const x = (wrong: number): number => left + (wrong / mostWrongShown) * (width - left - right)
  const y = (saved: number): number => height - bottom - (saved / mostSavedShown) * (height - top - bottom)
  const grid = [0, 0.1, 0.2, 0.3, 0.4].flatMap((value) => [
    line(x(value), y(0), x(value), y(mostSavedShown)),
    text(x(value), height - bottom + 18, 'middle', `${value * 100} %`),
    line(x(0), y(value), x(mostWrongShown), y(value)),
    text(left - 8, y(value) + 4, 'end', `${value * 100} %`),
  ])
  const curves = results.flatMap(({ name, points }, index) => {
    const colour = colours[index % colours.length] ?? '#888'
    const shown = frontier(points.map((point) => ({ wrong: wrongShare(point), saved: savedShare(point) }))).filter(({ wrong }) => wrong <= mostWrongShown)
    const dots = shown.map(({ wrong, saved }) => `<circle cx="${round(x(wrong))}" cy="${round(y(saved))}" r="2.5" fill="${colour}"/>`)
    const path = shown.map(({ wrong, saved }) => `${round(x(wrong))},${round(y(saved))}`).join(' ')
    return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...dots, text(width - right, top + 14 + index * 18, 'end', name, colour)]
  })
  const titles = [text((left + width) / 2, height - 8, 'middle', 'shown suggestions that were wrong at the first word'), text(left - 40, top + 2, 'start', 'keys saved')]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">\n${[...grid, ...curves, ...titles].join('\n')}\n</svg>\n`
}

interface Dot {
  readonly wrong: number
  readonly saved: number
}

/** What no other threshold beats in both, in order. */
function frontier(dots: readonly Dot[]): readonly Dot[] {
  return dots
    .filter((dot) => !dots.some((other) => other.wrong <= dot.wrong && other.saved > dot.saved))
    .sort((a, b) => a.wrong - b.wrong)
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#888" stroke-opacity="0.3"/>`
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', content: string, colour = '#888'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colour}">${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
