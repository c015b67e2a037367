import { describe, expect, it } from 'vitest'
import { SaveQueue } from '../../../src/gan/saveQueue'

interface Save {
  readonly step: number
  readonly good: boolean
}

const save = (step: number, good = true): Save => ({ step, good })

describe('Saving checkpoints', () => {
  it.each<[string, readonly Save[], readonly number[]]>([
    ['of those that wait only the newest', [save(1), save(2), save(3)], [1, 3]],
    ['a good one rather than a newer one after an alarm', [save(1), save(2), save(3, false)], [1, 2]],
    ['a newer one after an alarm when none is good', [save(1), save(2, false), save(3, false)], [1, 3]],
  ])('writes one at a time, and %s', async (_what, given, expected) => {
    const written: number[] = []
    const free: (() => void)[] = []
    const queue = new SaveQueue<Save>(({ step }) => new Promise<void>((resolve) => (written.push(step), free.push(resolve))), () => {}, () => {})
    for (const one of given) queue.add(one)
    expect(written).toEqual([1])
    free.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
    expect(written).toEqual(expected)
    free.shift()?.()
    await queue.settled()
  })

  it('goes on after a failure and tells of it', async () => {
    const told: unknown[] = []
    let fail = true
    const queue = new SaveQueue<Save>(async () => {
      if (fail) throw new Error('disk full')
    }, ({ step }) => told.push(step), (error) => told.push(error))
    queue.add(save(1))
    await queue.settled()
    fail = false
    queue.add(save(2))
    await queue.settled()
    expect(told).toEqual([new Error('disk full'), 2])
  })
})
