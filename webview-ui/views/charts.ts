import type { Score } from '../../src/gan/quality'
import { h } from '../dom'
import { atMostEvery } from './atMostEvery'
import { card } from './card'
import { LineChart, type Line } from './lineChart'
import { percent } from './numbers'
import type { PageContext } from './pageContext'

/** Rows a smoothed line averages over. */
const smoothing = 40
/** Drawing thousands of points ten times a second would take the processor from the training. */
const redrawMs = 400

const blue = { color: '--vscode-charts-blue', fallback: '#3794ff' }
const yellow = { color: '--vscode-charts-yellow', fallback: '#cca700' }
const green = { color: '--vscode-charts-green', fallback: '#89d185' }

const height = 170

/** How wrong each network was. */
export function lossChart({ studio, store, theme }: PageContext): HTMLElement {
  const losses = new LineChart({ label: 'Losses over the training steps', height: 150, lines: pair('discriminator', 'generator', blue, yellow) }, theme)
  store.watch(
    ({ curveRows, phase }) => [curveRows, phase],
    atMostEvery(redrawMs, () => {
      const { curves } = studio
      const discriminator = sum(curves.column('lossReal'), curves.column('lossFake'))
      const smoothDiscriminator = sum(curves.smooth('lossReal', smoothing), curves.smooth('lossFake', smoothing))
      const smoothGenerator = curves.smooth('lossGenerator', smoothing)
      losses.set([curves.column('step'), discriminator, curves.column('lossGenerator'), smoothDiscriminator, smoothGenerator], now('discriminator', smoothDiscriminator.at(-1)) + now('generator', smoothGenerator.at(-1)))
    }),
  )
  return card('Losses', 'How wrong each network was, step by step; thin lines are single steps, thick ones their average. Unlike in other training neither curve should fall to zero: when one falls, the other rises. Two curves that waver side by side are a good sign.', losses.element)
}

/** Who is ahead, and how good the drawings are. */
export function charts({ studio, store, theme }: PageContext): HTMLElement {
  const accuracy = new LineChart({ label: 'Share of pictures that the discriminator judges rightly', height, range: [0, 1], format: percent, lines: pair('real', 'drawn', green, yellow) }, theme)
  const distance = new LineChart({ label: 'Fréchet distance of the drawings to real digits', height, logarithmic: true, lines: [{ label: 'distance to real digits', ...blue, dots: true }] }, theme)
  const shares = new LineChart({ label: 'Share of readable drawings', height, range: [0, 1], format: percent, lines: [
    { label: 'clearly a digit', ...green, dots: true },
    { label: 'the digit asked for', ...yellow, dots: true },
    { label: 'digits covered', ...blue, dash: [4, 4] },
  ] }, theme)

  store.watch(
    ({ curveRows, phase }) => [curveRows, phase],
    atMostEvery(redrawMs, () => {
      const { curves } = studio
      const steps = curves.column('step')
      const real = curves.smooth('accuracyReal', smoothing)
      const fake = curves.smooth('accuracyFake', smoothing)
      accuracy.set([steps, curves.column('accuracyReal'), curves.column('accuracyFake'), real, fake], `Real ${percent(real.at(-1) ?? Number.NaN)}, drawn ${percent(fake.at(-1) ?? Number.NaN)}.`)
    }),
  )
  const verdict = h('p', { class: 'verdict' })
  const scoreCharts = h('div', { class: 'two-charts' }, distance.element, shares.element)
  store.watch(
    ({ scores }) => [scores],
    (scores) => {
      const steps = scores.map(({ step }) => step)
      const last = scores.at(-1)
      scoreCharts.hidden = last === undefined
      distance.set([steps, scores.map((score) => Math.max(0.1, score.distance))], last ? `Now ${last.distance.toFixed(0)}.` : '')
      shares.set([steps, scores.map(({ confident }) => confident), scores.map(({ asked }) => asked ?? null), scores.map(({ coverage }) => coverage / 10)], last ? scoreWords(last) : '')
      verdict.textContent = last ? scoreWords(last) : 'The first score comes after 250 steps.'
    },
  )
  const quality = card('Quality', 'A small classifier that was trained on real digits reads a thousand drawings. It notes how many it can read with confidence, how many of the ten digits occur, and how far the drawings lie from real digits in what it perceives (the Fréchet distance: the smaller the better, 0 would be indistinguishable). Losses cannot tell this: they only say how the game stands.', scoreCharts, verdict)
  store.watch(({ open }) => [open?.pictures], (pictures) => (quality.hidden = pictures === 'own'))
  return h('div', { class: 'charts' },
    card('Is the discriminator right?', 'The share of real pictures that it takes for real, and of drawings that it takes for drawings. At 100 % it always wins and the generator learns little; at 50 % it guesses.', accuracy.element),
    quality,
  )
}

/** Two lines and, thin behind them, their single steps. */
function pair(first: string, second: string, a: typeof blue, b: typeof blue): Line[] {
  return [
    { label: `${first}, each step`, ...a, faint: true },
    { label: `${second}, each step`, ...b, faint: true },
    { label: first, ...a },
    { label: second, ...b },
  ]
}

function scoreWords({ confident, coverage, asked, distance }: Score): string {
  const order = asked === undefined ? '' : ` ${percent(asked)} are the digit asked for.`
  return `${percent(confident)} are clearly a digit, ${coverage} of 10 digits occur.${order} Distance ${distance.toFixed(distance < 10 ? 1 : 0)}.`
}

function now(name: string, value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '' : ` Now ${name} ${value.toFixed(2)}.`
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + (b[i] ?? Number.NaN))
}
