import type { Result } from './report'
import { savedShare, wrongShare } from './sweep'

const width = 640
const height = 400
const left = 56
const bottom = 48
const top = 16
const right = 16
/** The axis of what was wrong ends here; that of the keys saved where they do. */
const mostWrongShown = 0.5
const step = 0.1
const colours = ['#2b7de9', '#8b5cf6', '#d97706', '#6b7280']

/** Keys saved against suggestions that were wrong, a line a contender and a dot a threshold; reads on light and dark ground. */
export function chartOf(results: readonly Result[]): string {
  const curves = results.map(({ name, points }) => ({ name, dots: frontier(points.map((point) => ({ wrong: wrongShare(point), saved: savedShare(point) }))) }))
  const mostSaved = step * Math.max(1, Math.ceil(Math.max(0, ...curves.flatMap(({ dots }) => dots.map(({ saved }) => saved))) / step))
  const x = (wrong: number): number => left + (wrong / mostWrongShown) * (width - left - right)
  const y = (saved: number): number => height - bottom - (saved / mostSaved) * (height - top - bottom)
  const upright = marks(mostWrongShown).flatMap((value) => [line(x(value), y(0), x(value), y(mostSaved)), text(x(value), height - bottom + 18, 'middle', percent(value))])
  const level = marks(mostSaved).flatMap((value) => [line(x(0), y(value), x(mostWrongShown), y(value)), text(left - 8, y(value) + 4, 'end', percent(value))])
  const drawn = curves.flatMap(({ name, dots }, index) => {
    const colour = colours[index % colours.length] ?? '#888'
    const path = dots.map(({ wrong, saved }) => `${round(x(wrong))},${round(y(saved))}`).join(' ')
    const circles = dots.map(({ wrong, saved }) => `<circle cx="${round(x(wrong))}" cy="${round(y(saved))}" r="2.5" fill="${colour}"/>`)
    return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...circles, text(left + 8, top + 14 + index * 18, 'start', name, colour)]
  })
  const titles = [text((left + width) / 2, height - 8, 'middle', 'shown suggestions that were wrong at the first word'), text(left - 40, top - 4, 'start', 'keys saved')]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">\n${[...upright, ...level, ...drawn, ...titles].join('\n')}\n</svg>\n`
}

function marks(end: number): readonly number[] {
  return Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step)
}

function percent(value: number): string {
  return `${Math.round(value * 100)} %`
}

interface Dot {
  readonly wrong: number
  readonly saved: number
}

/** What no other threshold beats in both, in order, as far as the axis goes. */
function frontier(dots: readonly Dot[]): readonly Dot[] {
  return dots
    .filter(({ wrong }) => wrong <= mostWrongShown)
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
