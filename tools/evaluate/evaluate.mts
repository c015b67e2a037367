/**
 * npm run evaluate: what a writer gains from a model. See docs/evaluation.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { modelOptions, localModelSpec, Options, UsageError } from '../../src/cli/options'
import { toInklingError } from '../../src/base/errors'
import { limitsFor } from '../../src/completion/thresholds'
import { defaultSettings } from '../../src/completion/settings'
import { root } from '../lib/project.mjs'
import { chartOf } from './chart'
import { withThresholds } from './chosen'
import { baselines, modelContenders, type Contender } from './contender'
import { progressLine } from './progress'
import { Recording } from './recorder'
import { mostWrong, reportOf, type Result } from './report'
import { committedSamples, heldOutSamples, sampleOfFile, type Sample } from './samples'
import { best, firstWordGrid, jointShares, measure, type Point, type Recorded } from './sweep'

const usage = `npm run evaluate -- [--model DIR|NAME] [--compare] [--write-thresholds] [--quick] [--length N] [--held-out FILE] [--threads N] [--precision P] [FILE…]

Bits per byte, keystrokes saved and wrong suggestions at every display threshold.
  --model      any model the library can load; the one inside the extension by default
  --compare    beside the model as the editor asks it: without what the document itself says; prompt lookup alone; and the
               n-gram model of the same size, where tools/evaluate/ngram.py has made one
  --write-thresholds
               puts the thresholds that save most into src/completion/thresholds.ts
  --quick      1,500 characters of each text in place of 6,000
  --length     characters of each text
  --held-out   FILE is test.jsonl as tools/pretrain/prepare.py writes it: its sources in place of the committed texts
  FILE…        texts of your own in place of the committed ones`

const embeddedModel = path.join(root, 'media/model')
const thresholdsFile = path.join(root, 'src/completion/thresholds.ts')
const work = path.join(root, 'tools/evaluate/work')
/** Characters of each document whose bits are counted. */
const scoredCharacters = { full: 40_000, quick: 10_000 }

const progress = progressLine(process.stderr)

async function main(): Promise<void> {
  const options = Options.parse(process.argv.slice(2), { ...modelOptions, compare: { type: 'boolean' }, 'write-thresholds': { type: 'boolean' }, quick: { type: 'boolean' }, length: { type: 'string' }, 'held-out': { type: 'string' } })
  if (options.flag('help')) return void process.stdout.write(usage + '\n')
  const samples = samplesOf(options)
  mkdirSync(work, { recursive: true })
  const spec = localModelSpec(options, { embeddedModel, cache: path.join(work, 'graphs') })
  progress('loading the model')
  const model = await modelContenders(spec)
  try {
    const results: Result[] = []
    const others = options.flag('compare') ? [model.alone, ...(await baselines(embeddedModel, path.join(work, 'ngram')))] : []
    for (const contender of [model.whole, ...others]) {
      results.push(await evaluate(contender, samples, options.flag('quick')))
    }
    progress('')
    process.stdout.write(reportOf(results))
    const stem = path.join(work, model.whole.name.replace(/[^\w.-]+/g, '-').toLowerCase())
    writeFileSync(`${stem}.json`, JSON.stringify(results, undefined, 1) + '\n')
    writeFileSync(`${stem}.svg`, chartOf(results))
    process.stderr.write(`\nAll numbers: ${path.relative(process.cwd(), stem)}.json; the curves: ${path.relative(process.cwd(), stem)}.svg\n`)
    if (options.flag('write-thresholds')) writeThresholds(results[0]?.points ?? [])
  } finally {
    model.dispose()
  }
}

function writeThresholds(points: readonly Point[]): void {
  const [quiet, balanced, eager] = [mostWrong.quiet, mostWrong.balanced, mostWrong.eager].map((most) => best(points, most))
  if (!quiet || !balanced || !eager) throw new UsageError('No threshold is wrong seldom enough: nothing is written')
  writeFileSync(thresholdsFile, withThresholds(readFileSync(thresholdsFile, 'utf8'), { quiet, balanced, eager }))
  process.stderr.write(`Written into ${path.relative(process.cwd(), thresholdsFile)}.\n`)
}

function samplesOf(options: Options): readonly Sample[] {
  const length = options.integer('length', 100, 1_000_000) ?? (options.flag('quick') ? 1_500 : 6_000)
  const heldOut = options.text('held-out')
  if (heldOut !== undefined) return heldOutSamples(heldOut, length)
  return options.positionals.length > 0 ? options.positionals.map((file) => sampleOfFile(file, length)) : committedSamples(length)
}

async function evaluate(contender: Contender, samples: readonly Sample[], quick: boolean): Promise<Result> {
  const { contextLength } = contender
  const texts = await bitsPerByte(contender, samples, quick ? scoredCharacters.quick : scoredCharacters.full)
  const sessions = samples.map((sample) => {
    const ask = contender.open()
    return { sample, ask, recording: new Recording(ask, path.join(work, `${contender.fingerprint}-${sample.name.replace(/[^\w.-]+/g, '-')}.jsonl`)) }
  })
  try {
    const atSettings = { quiet: await measured('quiet'), balanced: await measured('balanced'), eager: await measured('eager') }
    const points = await sweep(sessions)
    return { name: contender.name, characters: samples.reduce((sum, { from, to }) => sum + to - from, 0), texts, atSettings, points }
  } finally {
    for (const { ask } of sessions) ask.dispose()
  }

  async function measured(confidence: 'quiet' | 'balanced' | 'eager'): Promise<Point> {
    const { minFirstWord, minJoint } = limitsFor({ ...defaultSettings, confidence }, 'automatic', { after: '', unit: 'sentence' })
    const sums = await measure(sessions, { contextLength, confidence }, undefined, (done) => progress(`${contender.name}, writing as the setting ${confidence} shows it: ${percent(done)}`))
    return { minFirstWord, minJoint, ...sums }
  }

  /** First along the first word's threshold, then along the joint one where it is best. */
  async function sweep(recorded: readonly Recorded[]): Promise<readonly Point[]> {
    const points: Point[] = []
    const at = async (minFirstWord: number, jointShare: number): Promise<void> => {
      const minJoint = Number((minFirstWord * jointShare).toPrecision(3))
      if (points.some((point) => point.minFirstWord === minFirstWord && point.minJoint === minJoint)) return
      points.push({ minFirstWord, minJoint, ...(await measure(recorded, { contextLength }, { minFirstWord, minJoint }, (done) => progress(`${contender.name}, threshold ${minFirstWord}: ${percent(done)}`))) })
    }
    for (const threshold of firstWordGrid) await at(threshold, 0.1)
    for (const most of Object.values(mostWrong)) {
      const chosen = best(points, most)
      if (chosen) for (const jointShare of jointShares) await at(chosen.minFirstWord, jointShare)
    }
    return points
  }
}

async function bitsPerByte(contender: Contender, samples: readonly Sample[], characters: number): Promise<Result['texts']> {
  if (contender.bits === undefined) return []
  const texts = []
  const seen = new Set<string>()
  for (const { text, kind, name } of samples) {
    const document = name.replace(/:\d+$/, '')
    if (seen.has(document)) continue
    seen.add(document)
    progress(`${contender.name}, reading ${document}`)
    texts.push({ name: document, kind, ...(await contender.bits(text.slice(0, characters))) })
  }
  return texts.map(({ name, kind, bits, bytes }) => ({ name, kind, bits, bytes }))
}

function percent(done: number): string {
  return `${Math.floor(done * 100)} %`
}

main().catch((error: unknown) => {
  progress('')
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${usage}\n`)
  else {
    const { message, remedy } = toInklingError(error)
    process.stderr.write(`${message} ${remedy.hint}\n`)
    if (error instanceof Error && process.env.INKLING_DEBUG) process.stderr.write(`${error.stack}\n`)
  }
  process.exitCode = error instanceof UsageError ? 2 : 1
})
