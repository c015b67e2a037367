import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { settings, type Setting, type SettingName } from '../../../src/host/settingsSchema'

interface Declared {
  readonly default: unknown
  readonly scope: string
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly string[]
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  contributes: { configuration: { properties: Record<string, Declared> }[] }
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } }
}
const declared = new Map(manifest.contributes.configuration.flatMap((section) => Object.entries(section.properties)))
const names = Object.keys(settings) as SettingName[]

describe('the settings of the manifest and of the code', () => {
  it('are the same ones', () => {
    expect([...declared.keys()].sort()).toEqual(names.map((name) => `inkling.${settings[name].key}`).sort())
  })

  it.each(names)('%s agrees in default, bounds and scope', (name) => {
    const setting: Setting<unknown> = settings[name]
    const declaration = declared.get(`inkling.${setting.key}`)
    if (!declaration) throw new Error('not declared')
    expect(declaration.default).toEqual(setting.fallback)
    expect(setting.parse(setting.fallback)).toEqual(setting.fallback)
    expect(declaration.scope).toBe({ user: 'machine', workspace: 'resource', language: 'language-overridable' }[setting.scope])
    for (const bound of [declaration.minimum, declaration.maximum]) {
      if (bound !== undefined) expect(setting.parse(bound)).toBe(bound)
    }
    if (declaration.minimum !== undefined) expect(setting.parse(declaration.minimum - 1)).toBeUndefined()
    if (declaration.maximum !== undefined) expect(setting.parse(declaration.maximum + 1)).toBeUndefined()
    for (const allowed of declaration.enum ?? []) expect(setting.parse(allowed)).toBe(allowed)
  })

  it('keep an untrusted workspace away from everything of the user alone', () => {
    const restricted = names.filter((name) => settings[name].scope === 'user').map((name) => `inkling.${settings[name].key}`)
    expect([...manifest.capabilities.untrustedWorkspaces.restrictedConfigurations].sort()).toEqual(restricted.sort())
  })
})

describe('a setting', () => {
  it.each([
    ['threads', -1], ['threads', 1.5], ['threads', '2'], ['threads', NaN],
    ['temperature', Infinity], ['temperature', null], ['topP', 0],
    ['model', 7], ['model', 'a\0b'], ['model', 'x'.repeat(5000)],
    ['suggestionsConfidence', 'loud'], ['suggestionsConfidence', '__proto__'],
    ['languages', ['markdown']], ['languages', { markdown: 'yes' }], ['languages', null],
    ['suggestionsEnabled', 'true'],
    ['libraryMirror', 'http://hub.example'], ['libraryMirror', 'hub.example'], ['libraryMirror', 'https://user:pass@hub.example'], ['libraryMirror', 'file:///models'], ['libraryMirror', 7],
    ['libraryFolder', 'models'], ['libraryFolder', '../models'], ['libraryFolder', '/a\0b'], ['libraryFolder', null],
    ['modelByLanguage', 'gpt2'], ['modelByLanguage', { latex: 7 }], ['modelByLanguage', ['gpt2']], ['modelByLanguage', { latex: 'a\0' }],
  ] as const)('%s refuses %j', (name, value) => {
    expect(settings[name].parse(value)).toBeUndefined()
  })
})
