import { beforeEach, describe, expect, it } from 'vitest'
import { Snooze } from '../../../src/host/snooze'
import { ManualClock } from '../../support/manualClock'

const minute = 60_000

describe('a snooze', () => {
  let clock: ManualClock
  let snooze: Snooze
  let told: number[]

  beforeEach(() => {
    clock = new ManualClock()
    snooze = new Snooze(clock)
    told = []
    snooze.onChange(() => told.push(snooze.remainingMs / minute))
  })

  it('tells of each minute that has passed, and of its end', () => {
    snooze.start(2.5 * minute)
    clock.advance(3 * minute)
    expect(told).toEqual([2.5, 1.5, 0.5, 0])
    expect(snooze.active).toBe(false)
  })

  it('until the window is reloaded lasts, and tells nothing more', () => {
    snooze.start(Infinity)
    clock.advance(1_000 * minute)
    expect(told).toEqual([Infinity])
    expect(snooze.active).toBe(true)
  })

  it('begun again replaces the first', () => {
    snooze.start(minute)
    clock.advance(minute / 2)
    snooze.start(2 * minute)
    clock.advance(minute)
    expect(told).toEqual([1, 2, 1])
    expect(snooze.active).toBe(true)
  })

  it('that is ended is over at once', () => {
    snooze.start(minute)
    snooze.end()
    clock.advance(minute)
    expect(told).toEqual([1, 0])
  })
})
