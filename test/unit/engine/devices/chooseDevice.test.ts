import { describe, expect, it } from 'vitest'
import { chooseDevice, type Outcome, type Outcomes } from '../../../../src/engine/devices/chooseDevice'

const measured = (prefillTokensPerSecond: number, decodeTokensPerSecond: number): Outcome => ({ kind: 'measured', prefillTokensPerSecond, decodeTokensPerSecond })
const cpu = measured(1000, 100)

describe('the device of a model', () => {
  it.each<[string, Outcomes, string]>([
    ['the processor while nothing is known', {}, 'cpu'],
    ['the processor while only others are known', { webgpu: measured(9000, 900) }, 'cpu'],
    ['the processor where nothing else can be used', { cpu, webgpu: { kind: 'failed', reason: 'no adapter' } }, 'cpu'],
    ['the processor while another is being tried', { cpu, webgpu: { kind: 'trying', pid: 1, sinceMs: 0 } }, 'cpu'],
    ['the processor where a software driver is slower', { cpu, webgpu: measured(2, 0.3) }, 'cpu'],
    ['the processor where another is only a little quicker', { cpu, webgpu: measured(1200, 110) }, 'cpu'],
    ['another that is clearly faster', { cpu, webgpu: measured(5000, 200) }, 'webgpu'],
    ['another that reads so fast that its slower writing does not matter', { cpu: measured(100, 100), webgpu: measured(5000, 90) }, 'webgpu'],
    ['the processor where another reads fast and writes slowly', { cpu, webgpu: measured(50_000, 40) }, 'cpu'],
    ['the fastest of several', { cpu, webgpu: measured(5000, 200), cuda: measured(20_000, 800), directml: measured(5000, 300) }, 'cuda'],
  ])('is %s', (_, outcomes, expected) => {
    expect(chooseDevice(outcomes)).toBe(expected)
  })
})
