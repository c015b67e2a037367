import { describe, expect, it } from 'vitest'
import { pictureLink, pictureName } from '../../../src/host/studio/pictureLink'
import { studioHtml } from '../../../src/host/studio/studioHtml'
import { describeTraining, duration } from '../../../src/host/studio/trainingView'

describe('The link to a picture', () => {
  it.each([
    ['markdown', 'digits 1957', '![digits 1957](d.png)'],
    ['markdown', 'a [b] \\ c', '![a \\[b\\] \\\\ c](d.png)'],
    ['markdown', 'two\nlines', '![two lines](d.png)'],
    ['plaintext', 'digits', '![digits](d.png)'],
    ['latex', 'digits', '\\includegraphics{d.png}'],
    ['html', '"<b>" & c', '<img src="d.png" alt="&quot;&lt;b>&quot; &amp; c">'],
    ['asciidoc', 'a "b"', 'image::d.png["a b"]'],
    ['restructuredtext', 'digits', '\n.. image:: d.png\n   :alt: digits\n'],
  ])('in %s for %j is %j', (language, alt, link) => {
    expect(pictureLink(language, 'd.png', alt)).toBe(link)
  })

  it.each([
    ['digits 1957', 1, 'digits-1957.png'],
    ['digits 1957', 2, 'digits-1957-2.png'],
    ['../../etc/passwd', 1, 'etc-passwd.png'],
    ['Ä ö', 1, 'picture.png'],
    ['x'.repeat(100), 1, `${'x'.repeat(48)}.png`],
  ])('names the file for %j, number %i, %j', (alt, number, name) => {
    expect(pictureName(alt, number)).toBe(name)
  })
})

describe('The page’s HTML', () => {
  const html = studioHtml({ root: 'https://host/"><script>', cspSource: 'https://host' }, 'abc123', 'en')
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''

  it.each([
    [`default-src 'none'`],
    [`script-src 'nonce-abc123' 'wasm-unsafe-eval'`],
    ['worker-src blob:'],
    ['connect-src https://host'],
  ])('allows no more than %j', (directive) => {
    expect(policy.split('; ')).toContain(directive)
  })

  it.each([["'unsafe-eval'"], ["'unsafe-inline'"], ['http:'], ['*']])('does not allow %s', (source) => {
    expect(policy.split(/[ ;]+/)).not.toContain(source)
  })

  it('takes no markup from an address', () => {
    expect(html).not.toContain('"><script>')
    expect(html.match(/<script/g)).toHaveLength(1)
  })
})

describe('The training outside the page', () => {
  const news = { type: 'training', name: 'Run', step: 1250, steps: 5000, stepsPerSecond: 18.26, secondsLeft: 205 } as const
  it.each([
    ['running', 'GAN 25 %', 'loading~spin'],
    ['paused', 'GAN 25 %', 'debug-pause'],
    ['finished', 'GAN', 'check'],
  ] as const)('says for %s: %s', (state, short, icon) => {
    expect(describeTraining({ ...news, state })).toMatchObject({ short, icon, facts: { step: '1,250', steps: '5,000', rate: '18.3', left: '3 min' } })
  })

  it.each([
    [Number.POSITIVE_INFINITY, '…'], [Number.NaN, '…'], [-1, '…'], [0.2, '1 s'], [59, '59 s'], [61, '1 min'], [7200, '2.0 h'],
  ])('says %d seconds as %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words)
  })
})
