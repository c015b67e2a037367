import { imageSide, imageSize } from '../../src/gan/network'
import { Random } from '../../src/gan/random'
import { h, icon, setText } from '../dom'
import { photoPalette } from '../pictures/palette'
import { PictureGrid } from '../pictures/pictureGrid'
import { atMostEvery } from './atMostEvery'
import { card } from './card'
import { percent } from './numbers'
import type { PageContext } from './pageContext'

/** Progress reports that a meter averages over: single steps jump. */
const span = 40
const redrawMs = 400

const explanation =
  'The generator never sees a real digit. It gets 100 random numbers, draws a picture, and learns only from the discriminator’s verdict. The discriminator is shown real digits and drawings in turn and learns to tell them apart. While neither wins for long, both get better. When the discriminator is right about half of the time, it is guessing: the drawings have become as good as real.'

/** The game of the two networks as a picture with today’s numbers in it. */
export function game(page: PageContext): HTMLElement {
  const { store, studio, theme } = page
  const noise = new PictureGrid(1)
  const fake = new PictureGrid(1)
  const real = new PictureGrid(1)
  const realMeter = meter('Real digits recognised', 'real')
  const fakeMeter = meter('Drawings found out', 'fake')
  const verdict = h('p', { class: 'verdict' })

  const draw = (): void => {
    const { frames, realPixels, open } = store.state
    const palette = open?.pictures === 'own' ? photoPalette : theme.palette
    const newest = frames.at(-1)
    // The picture moves on with the frames, so that it is not always the same digit that is shown.
    const which = frames.length % 10
    const one = (pixels: Uint8Array): Uint8Array => pixels.subarray(which * imageSize, (which + 1) * imageSize)
    noise.draw(noisePicture(newest?.step ?? 0), palette, 'Random numbers, shown as grey pixels')
    if (newest) fake.draw(one(newest.pixels), palette, 'A picture that the generator drew')
    if (realPixels) real.draw(one(realPixels), palette, 'A real picture')
  }
  store.watch(({ frames, realPixels, open }) => [frames, realPixels, open], draw)
  theme.onChange(draw)
  store.watch(
    ({ curveRows, phase }) => [curveRows, phase],
    atMostEvery(redrawMs, () => {
      const { curveRows: rows } = store.state
      const onReal = rows > 0 ? mean(studio.curves.column('accuracyReal')) : Number.NaN
      const onFake = rows > 0 ? mean(studio.curves.column('accuracyFake')) : Number.NaN
      realMeter.set(onReal)
      fakeMeter.set(onFake)
      setText(verdict, verdictWords(studio.curves.last('step'), onReal, onFake))
    }),
  )
  return card(
    'The game',
    explanation,
    h('div', { class: 'game' },
      h('figure', { class: 'noise' }, noise.element, h('figcaption', {}, 'noise')),
      arrow(),
      h('div', { class: 'player generator' }, icon('edit'), h('strong', {}, 'Generator'), h('span', {}, 'draws')),
      arrow(),
      h('figure', { class: 'fake' }, fake.element, h('figcaption', {}, 'drawing')),
      h('figure', { class: 'real' }, real.element, h('figcaption', {}, 'real')),
      h('div', { class: 'join', 'aria-hidden': 'true' }),
      h('div', { class: 'player discriminator' }, icon('eye'), h('strong', {}, 'Discriminator'), h('span', {}, 'judges')),
      h('div', { class: 'meters' }, realMeter.element, fakeMeter.element),
    ),
    verdict,
  )
}

/** Steps in which both networks are still beginners, and their accuracies mean little. */
const beginning = 300

function verdictWords(step: number, real: number, fake: number): string {
  if (Number.isNaN(real)) return 'Nothing has been learnt yet.'
  if (step < beginning) return 'Both are beginners: the generator draws noise, and the discriminator is only learning to see.'
  const right = (real + fake) / 2
  if (right > 0.97) return 'The discriminator sees through nearly everything: the generator has far to go.'
  if (right > 0.8) return 'The discriminator is ahead, and its verdicts show the generator what to mend.'
  if (right > 0.6) return 'A close game: the drawings often pass for real.'
  return 'The discriminator is close to guessing.'
}

function mean(values: readonly number[]): number {
  const recent = values.slice(-span).filter(Number.isFinite)
  return recent.reduce((sum, value) => sum + value, 0) / Math.max(1, recent.length)
}

function meter(label: string, kind: string): { readonly element: HTMLElement; set(share: number): void } {
  const fill = h('div', { class: 'meter-fill' })
  const value = h('span', { class: 'meter-value' })
  const element = h('div', { class: `meter ${kind}` }, h('span', { class: 'meter-label' }, label), value, h('div', { class: 'meter-track', 'aria-hidden': 'true' }, fill))
  return {
    element,
    set(share) {
      fill.style.transform = `scaleX(${Number.isFinite(share) ? share : 0})`
      setText(value, percent(share))
    },
  }
}

function arrow(): HTMLElement {
  return h('span', { class: 'arrow', 'aria-hidden': 'true' }, icon('arrow-right'))
}

/** Stands for the latent vector: new random numbers whenever a new picture is drawn. */
function noisePicture(seed: number): Uint8Array {
  const random = Random.from(seed, 'sample')
  const coarse = Array.from({ length: (imageSide / 2) ** 2 }, () => random.below(256))
  return Uint8Array.from({ length: imageSize }, (_, p) => {
    const [x, y] = [p % imageSide, Math.floor(p / imageSide)]
    return coarse[Math.floor(y / 2) * (imageSide / 2) + Math.floor(x / 2)] ?? 0
  })
}
