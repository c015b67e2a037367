import * as path from 'node:path'
import { isIntegerIn, isRecord } from '../base/json'
import { parseServerUrl } from '../engine/remote/address'
import { parseHubUrl } from '../library/address'

/**
 * Every setting: how its value is checked, what stands in for a bad one, and who may set it. The manifest declares the
 * same (a test compares them); the checks here hold when a settings file was written by hand or by a hostile workspace.
 */
export interface Setting<T> {
  readonly key: string
  readonly fallback: T
  /** The value as the program uses it, or undefined when it is not allowed. */
  parse(value: unknown): T | undefined
  /** For the message, after “which is not”. */
  readonly expected: string
  /** `user` settings name paths, programs or the machine's resources: a workspace cannot set them. */
  readonly scope: 'user' | 'workspace' | 'language'
}

type Scope = Setting<unknown>['scope']

function oneOf<const T extends string>(key: string, scope: Scope, values: readonly T[], fallback: NoInfer<T>): Setting<T> {
  return { key, fallback, scope, parse: (value) => values.find((allowed) => allowed === value), expected: `one of ${values.join(', ')}` }
}

function numberIn(key: string, scope: Scope, min: number, max: number, fallback: number): Setting<number> {
  return {
    key, fallback, scope,
    parse: (value) => (typeof value === 'number' && value >= min && value <= max ? value : undefined),
    expected: `a number from ${min} to ${max}`,
  }
}

function integerIn(key: string, scope: Scope, min: number, max: number, fallback: number): Setting<number> {
  return { key, fallback, scope, parse: (value) => (isIntegerIn(value, min, max) ? value : undefined), expected: `a whole number from ${min} to ${max}` }
}

function flag(key: string, scope: Scope, fallback: boolean): Setting<boolean> {
  return { key, fallback, scope, parse: (value) => (typeof value === 'boolean' ? value : undefined), expected: 'true or false' }
}

function text(key: string, scope: Scope, maxLength: number): Setting<string> {
  return { key, fallback: '', scope, parse: (value) => (typeof value === 'string' && value.length <= maxLength && !value.includes('\0') ? value : undefined), expected: 'a text' }
}

function languageSwitches(key: string, fallback: Readonly<Record<string, boolean>>): Setting<Readonly<Record<string, boolean>>> {
  return {
    key, fallback, scope: 'workspace',
    parse: (value) => (isRecord(value) && Object.values(value).every((on) => typeof on === 'boolean') ? { ...(value as Record<string, boolean>) } : undefined),
    expected: 'an object of language identifiers with true or false',
  }
}

/** Empty, or an address that models may come from. */
function hubAddress(key: string): Setting<string> {
  return { key, fallback: '', scope: 'user', parse: (value) => (typeof value === 'string' && (value === '' || parseHubUrl(value) !== undefined) ? value : undefined), expected: 'an https address' }
}

/** Empty, or the address of a server to write with. */
function serverAddress(key: string): Setting<string> {
  return { key, fallback: '', scope: 'user', parse: (value) => (typeof value === 'string' && (value.trim() === '' || parseServerUrl(value) !== undefined) ? value : undefined), expected: 'an https or http address without a password' }
}

/** Empty, or a place on this machine: a relative one would mean another in each window. */
function absolutePath(key: string): Setting<string> {
  return { key, fallback: '', scope: 'user', parse: (value) => (typeof value === 'string' && (value === '' || (value.length <= 4096 && path.isAbsolute(value) && !value.includes('\0'))) ? value : undefined), expected: 'an absolute path' }
}

/** Names or folders of models by language identifier. */
function modelNames(key: string): Setting<Readonly<Record<string, string>>> {
  return {
    key, fallback: {}, scope: 'user',
    parse: (value) => (isRecord(value) && Object.values(value).every((name) => typeof name === 'string' && name.length <= 4096 && !name.includes('\0')) ? { ...(value as Record<string, string>) } : undefined),
    expected: 'an object of language identifiers with models',
  }
}

export const settings = {
  model: text('model', 'user', 4096),
  modelByLanguage: modelNames('modelByLanguage'),
  libraryMirror: hubAddress('library.mirror'),
  libraryFolder: absolutePath('library.folder'),
  engine: oneOf('engine', 'user', ['local', 'remote'], 'local'),
  serverUrl: serverAddress('server.url'),
  serverModel: text('server.model', 'user', 1000),
  serverAllowHttp: flag('server.allowHttp', 'user', false),
  device: oneOf('device', 'user', ['auto', 'cpu', 'webgpu', 'cuda', 'directml', 'coreml'], 'auto'),
  nodePath: absolutePath('nodePath'),
  threads: integerIn('threads', 'user', 0, 256, 0),
  precision: oneOf('precision', 'user', ['int8', 'int4', 'fp32'], 'int8'),
  keepInMemoryMinutes: integerIn('keepInMemoryMinutes', 'user', 1, 1440, 10),
  suggestionsEnabled: flag('suggestions.enabled', 'language', true),
  suggestionsAutomatic: flag('suggestions.automatic', 'language', true),
  suggestionsConfidence: oneOf('suggestions.confidence', 'language', ['quiet', 'balanced', 'eager'], 'balanced'),
  suggestionsMaxWords: integerIn('suggestions.maxWords', 'language', 1, 60, 16),
  suggestionsDelay: integerIn('suggestions.delay', 'workspace', 0, 2000, 0),
  suggestionsInComments: flag('suggestions.inComments', 'language', false),
  languages: languageSwitches('suggestions.languages', {
    markdown: true, plaintext: true, latex: true, tex: true, restructuredtext: true, asciidoc: true, 'git-commit': true, scminput: true,
  }),
  temperature: numberIn('generation.temperature', 'workspace', 0, 5, 0.8),
  topK: integerIn('generation.topK', 'workspace', 0, 100_000, 50),
  topP: numberIn('generation.topP', 'workspace', 0.01, 1, 0.95),
  repetitionPenalty: numberIn('generation.repetitionPenalty', 'workspace', 1, 5, 1.1),
  seed: integerIn('generation.seed', 'workspace', -1, 2 ** 32 - 1, -1),
  maxNewTokens: integerIn('generation.maxNewTokens', 'workspace', 1, 4096, 120),
  alternatives: integerIn('generation.alternatives', 'workspace', 2, 10, 4),
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof settings

/** The type of the parsed value of one setting. */
export type SettingValue<N extends SettingName> = (typeof settings)[N] extends Setting<infer T> ? T : never
