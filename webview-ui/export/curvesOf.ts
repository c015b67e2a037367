import { decodeCheckpoint } from '../../src/gan/checkpoint'

export interface RunCurves {
  readonly csv: string
  /** Pairs of step and value. */
  readonly loss: readonly (readonly [number, number])[]
  readonly distance: readonly (readonly [number, number])[]
}

/** Points a line of a comparison has at most. */
const most = 600

/** The curves inside a checkpoint; none when there is no checkpoint. */
export function curvesOf(checkpoint: Uint8Array | undefined): RunCurves {
  if (!checkpoint) return { csv: '', loss: [], distance: [] }
  const { curves, scores } = decodeCheckpoint(checkpoint)
  const steps = curves.column('step')
  const losses = curves.column('lossGenerator')
  const size = Math.max(1, Math.ceil(steps.length / most))
  const loss: [number, number][] = []
  for (let at = 0; at < steps.length; at += size) {
    const part = losses.subarray(at, at + size)
    loss.push([steps[Math.min(at + size, steps.length) - 1] ?? 0, part.reduce((sum, value) => sum + value, 0) / part.length])
  }
  return { csv: curves.toCsv(), loss, distance: scores.map((score) => [score.step, Math.max(0.1, score.distance)]) }
}
