import { formatDuration } from '../library/format'
import type { StepResult } from '../gan/ganEngine'
import type { Io } from './io'

const redrawEveryMs = 100
/** Without a terminal, a line at most this often. */
const lineEveryMs = 10_000
const barWidth = 24
/** Steps over which the shown losses are smoothed. */
const smoothing = 20

/** How training goes: a bar that is drawn over itself on a terminal, now and then a line elsewhere. */
export class GanProgress {
  private readonly began: number
  private shown = Number.NEGATIVE_INFINITY
  private open = false
  private lossD = Number.NaN
  private lossG = Number.NaN

  constructor(
    private readonly out: Io['stderr'],
    private readonly firstStep: number,
    private readonly now: () => number,
  ) {
    this.began = now()
  }

  show(step: number, steps: number, result: StepResult): void {
    this.lossD = smooth(this.lossD, (result.lossReal + result.lossFake) / 2)
    this.lossG = smooth(this.lossG, result.lossGenerator)
    const due = this.now() - this.shown >= (this.out.isTTY ? redrawEveryMs : lineEveryMs)
    if (!due && step < steps) return
    this.shown = this.now()
    const text = progressLine({ step, steps, lossD: this.lossD, lossG: this.lossG, stepsPerSecond: this.rate(step) }, this.out.isTTY === true)
    this.out.write(this.out.isTTY ? `\r\u001b[2K${text}` : `${text}\n`)
    this.open = this.out.isTTY === true
  }

  /** A line of its own between the bars. */
  note(text: string): void {
    this.end()
    this.out.write(`${text}\n`)
  }

  end(): void {
    if (this.open) this.out.write('\n')
    this.open = false
  }

  /** `4 min 33 s`: what was measured is said to the second, other than what is guessed. */
  get elapsed(): string {
    const seconds = Math.max(1, Math.round((this.now() - this.began) / 1000))
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  }

  private rate(step: number): number {
    const elapsed = this.now() - this.began
    return elapsed > 0 ? ((step - this.firstStep) * 1000) / elapsed : 0
  }
}

export interface ProgressFacts {
  readonly step: number
  readonly steps: number
  readonly lossD: number
  readonly lossG: number
  readonly stepsPerSecond: number
}

/** `step 1200/5000 [######------------------] loss D 0.452 G 1.903, 71.2 steps/s, 53 s to go` */
export function progressLine({ step, steps, lossD, lossG, stepsPerSecond }: ProgressFacts, bar: boolean): string {
  const done = Math.round((Math.min(step, steps) / steps) * barWidth)
  const left = stepsPerSecond > 0 && step < steps ? `, ${formatDuration((steps - step) / stepsPerSecond)} to go` : ''
  const drawn = bar ? ` [${'#'.repeat(done)}${'-'.repeat(barWidth - done)}]` : ''
  return `step ${step}/${steps}${drawn} loss D ${lossD.toFixed(3)} G ${lossG.toFixed(3)}, ${stepsPerSecond.toFixed(1)} steps/s${left}`
}

function smooth(before: number, value: number): number {
  return Number.isNaN(before) ? value : before + (value - before) / smoothing
}
