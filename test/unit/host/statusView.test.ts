import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import type { EngineState } from '../../../src/engine/client'
import { statusView } from '../../../src/host/statusView'

const off: EngineState = { kind: 'off' }
const idle: EngineState = { kind: 'running', busy: 0, load: undefined }
const busy: EngineState = { kind: 'running', busy: 1, load: undefined }
const loading: EngineState = { kind: 'running', busy: 1, load: { kind: 'loading', folder: '/m', fraction: 0.426 } }
const missing = InklingError.of('model-folder-missing', { folder: '/m' })
const stopped: EngineState = { kind: 'stopped', error: InklingError.of('engine-gave-up', { count: 4 }) }

describe('statusView', () => {
  it.each([
    ['ready before the engine was needed', { engine: off, snoozedMs: 0, suggestions: 'on', server: undefined }, 'ready', 'Inkling'],
    ['ready while the engine rests', { engine: idle, snoozedMs: 0, suggestions: 'on', server: undefined }, 'ready', 'Inkling'],
    ['ready without a document', { engine: idle, snoozedMs: 0, suggestions: undefined, server: undefined }, 'ready', 'Inkling'],
    ['thinking while a call runs', { engine: busy, snoozedMs: 0, suggestions: 'on', server: undefined }, 'thinking', 'Inkling'],
    ['loading with percent', { engine: loading, snoozedMs: 0, suggestions: 'on', server: undefined }, 'loading', 'Inkling 43 %'],
    ['loading also while snoozed', { engine: loading, snoozedMs: 1000, suggestions: 'on', server: undefined }, 'loading', 'Inkling 43 %'],
    ['snoozed before off', { engine: idle, snoozedMs: 1000, suggestions: 'off', server: undefined }, 'snoozed', 'Inkling'],
    ['off where suggestions are off', { engine: busy, snoozedMs: 0, suggestions: 'off', server: undefined }, 'off', 'Inkling'],
    ['an error where the model is missing that the settings name', { engine: idle, modelError: missing, snoozedMs: 1000, suggestions: 'on', server: undefined }, 'error', 'Inkling'],
    ['an error before everything', { engine: stopped, snoozedMs: 1000, suggestions: 'off', server: undefined }, 'error', 'Inkling'],
  ] as const)('says %s', (_, input, kind, text) => {
    expect(statusView(input)).toMatchObject({ kind, text })
  })

  it('tells with an error what mends it', () => {
    expect(statusView({ engine: idle, modelError: missing, snoozedMs: 0, suggestions: 'on', server: undefined })).toMatchObject({
      detail: 'There is no model folder at {folder}.', facts: { folder: '/m' }, remedy: { command: 'inkling.selectModel' },
    })
    expect(statusView({ engine: stopped, snoozedMs: 0, suggestions: 'on', server: undefined }).remedy).toMatchObject({ command: 'inkling.restartEngine' })
    expect(statusView({ engine: idle, snoozedMs: 0, suggestions: 'on', server: undefined }).remedy).toBeUndefined()
  })

  it('rounds the minutes of a snooze up', () => {
    expect(statusView({ engine: idle, snoozedMs: 61_000, suggestions: 'on', server: undefined }).facts).toEqual({ minutes: 2 })
    expect(statusView({ engine: idle, snoozedMs: Infinity, suggestions: 'on', server: undefined }).detail).toContain('reloaded')
  })
})
