import type { PageNews } from '../../gan/protocol/hostProtocol'

type Training = Extract<PageNews, { type: 'training' }>

export interface TrainingView {
  /** Codicon name. */
  readonly icon: string
  /** For the status bar. */
  readonly short: string
  /** English; placeholders are filled by the host's translation. */
  readonly detail: string
  readonly facts: Readonly<Record<string, string | number>>
}

/** What the status bar and the notification say about a training. */
export function describeTraining({ state, step, steps, stepsPerSecond, secondsLeft }: Training): TrainingView {
  const percent = Math.floor((100 * step) / Math.max(1, steps))
  const facts = { step: grouped(step), steps: grouped(steps), rate: stepsPerSecond.toFixed(1), left: duration(secondsLeft) }
  switch (state) {
    case 'running':
      return { icon: 'loading~spin', short: `GAN ${percent} %`, detail: 'Step {step} of {steps}, {rate} steps a second, {left} left', facts }
    case 'paused':
      return { icon: 'debug-pause', short: `GAN ${percent} %`, detail: 'Paused at step {step} of {steps}', facts }
    case 'finished':
      return { icon: 'check', short: 'GAN', detail: 'Trained {steps} steps', facts }
    case 'idle':
      return { icon: 'circle-outline', short: 'GAN', detail: 'Nothing is training', facts: {} }
  }
}

/** 5000 → 5,000 */
function grouped(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** Rounded so that it does not flicker: seconds under a minute, else minutes. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '…'
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
