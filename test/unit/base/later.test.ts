import { describe, expect, it } from 'vitest'
import { Later } from '../../../src/base/later'

describe('Something made later', () => {
  it('is made once, when it is first asked for', async () => {
    let made = 0
    const later = new Later(async () => ({ number: ++made }))
    expect([made, later.now]).toEqual([0, undefined])
    const [first, second] = await Promise.all([later.get(), later.get()])
    expect([first === second, later.now === first, made]).toEqual([true, true, 1])
  })

  it('is tried again after a failure', async () => {
    let tries = 0
    const later = new Later(async () => {
      if (++tries === 1) throw new Error('not yet')
      return { tries }
    })
    await expect(later.get()).rejects.toThrow('not yet')
    expect(await later.get()).toEqual({ tries: 2 })
  })

  it('goes with its owner, also when it is made after the owner has gone', async () => {
    let disposed = 0
    const make = (): Later<{ dispose(): void }> => new Later(async () => ({ dispose: () => void disposed++ }))
    const [early, late] = [make(), make()]
    await early.get()
    early.dispose()
    expect(disposed).toBe(1)
    late.dispose()
    await late.get()
    expect(disposed).toBe(2)
  })
})
