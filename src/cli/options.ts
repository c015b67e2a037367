import * as os from 'node:os'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { embeddedModelName, type AnyModelSpec, type ModelSpec } from '../engine/protocol'
import { libraryFolder } from '../library/libraryFolder'
import { resolveNamedModel } from '../library/resolveModel'
import { ModelStore } from '../library/store'
import type { Sampling } from '../language/sampling'

/** Wrong usage: exit code 2 and a pointer to --help. */
export class UsageError extends Error {}

type OptionTable = NonNullable<ParseArgsConfig['options']>
type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** The options and positional arguments of one command line. */
export class Options {
  private constructor(
    private readonly values: Values,
    readonly positionals: readonly string[],
  ) {}

  /** @throws UsageError for an option that the command does not have */
  static parse(args: readonly string[], options: OptionTable): Options {
    try {
      const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true, allowNegative: false })
      return new Options(values as Values, positionals)
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message.split('. ')[0] ?? error.message : String(error))
    }
  }

  flag(name: string): boolean {
    return this.values[name] === true
  }

  text(name: string): string | undefined {
    const value = this.values[name]
    return typeof value === 'string' ? value : undefined
  }

  /** An option that may be given several times. */
  texts(name: string): readonly string[] {
    const value = this.values[name]
    return Array.isArray(value) ? (value as readonly string[]) : []
  }

  /** @throws UsageError unless it is a number from `min` to `max` */
  number(name: string, min: number, max: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
      throw new UsageError(`--${name} must be a number from ${min} to ${max}, not ${text}`)
    }
    return value
  }

  /** @throws UsageError unless it is a whole number from `min` to `max` */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.number(name, min, max)
    if (value !== undefined && !Number.isSafeInteger(value)) throw new UsageError(`--${name} must be a whole number, not ${this.text(name)}`)
    return value
  }

  /** @throws UsageError unless it is one of `allowed` */
  choice<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const found = allowed.find((value) => value === text)
    if (found === undefined) throw new UsageError(`--${name} must be one of ${allowed.join(', ')}, not ${text}`)
    return found
  }

  /** The only positional argument. @param hint for who gives several @throws UsageError when there is none or more than one */
  single(name: string, hint?: string): string {
    const [value, ...more] = this.positionals
    if (value === undefined) throw new UsageError(`${name} is missing`)
    if (more.length > 0) throw new UsageError(`unexpected argument ${more[0]}${hint === undefined ? '' : `; ${hint}`}`)
    return value
  }
}

export const modelOptions = {
  model: { type: 'string' },
  server: { type: 'string' },
  'allow-http': { type: 'boolean' },
  device: { type: 'string' },
  threads: { type: 'string' },
  precision: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} satisfies OptionTable

export const samplingOptions = {
  greedy: { type: 'boolean' },
  temperature: { type: 'string' },
  'top-k': { type: 'string' },
  'top-p': { type: 'string' },
  'repetition-penalty': { type: 'string' },
  seed: { type: 'string' },
} satisfies OptionTable

export interface Places {
  /** Folder of the model inside the package. */
  readonly embeddedModel: string
  readonly cache: string | undefined
}

/** A model of this machine, or of the server that is named. @throws UsageError when one is asked for with the other's options */
export function modelSpec(options: Options, places: Places): AnyModelSpec {
  const server = options.text('server')
  if (server !== undefined) {
    const misplaced = ['device', 'threads', 'precision'].find((name) => options.text(name) !== undefined)
    if (misplaced !== undefined) throw new UsageError(`--${misplaced} is the server's to decide; it goes without --server only`)
    return { server, model: options.text('model') ?? '', allowHttp: options.flag('allow-http'), strictCertificates: true }
  }
  if (options.flag('allow-http')) throw new UsageError('--allow-http is for --server')
  return localModelSpec(options, places)
}

export function localModelSpec(options: Options, places: Places): ModelSpec {
  return {
    ...modelFolder(options.text('model'), places),
    precision: options.choice('precision', ['int8', 'int4', 'fp32']) ?? 'int8',
    device: options.choice('device', ['auto', 'cpu', 'webgpu', 'cuda', 'directml', 'coreml']) ?? 'auto',
    threads: options.integer('threads', 0, 256) ?? 0,
    cacheFolder: places.cache,
  }
}

/** A folder, or the name of an installed model. */
function modelFolder(named: string | undefined, places: Places): Pick<ModelSpec, 'folder' | 'name'> {
  if (named === undefined) return { folder: places.embeddedModel, name: embeddedModelName }
  const store = new ModelStore(libraryFolder(process.env, process.platform, os.homedir()))
  return resolveNamedModel(named, store, process.cwd())
}

/** Hugging Face's defaults for sampling (`GenerationConfig`): temperature 1, top-k 50, top-p 1, no penalty. */
export function sampling(options: Options, randomSeed: () => number): Sampling {
  const temperature = options.number('temperature', 0, 100)
  const topK = options.integer('top-k', 0, 1_000_000)
  const topP = options.number('top-p', 0, 1)
  const repetitionPenalty = options.number('repetition-penalty', 0.01, 100) ?? 1
  const seed = options.integer('seed', 0, 2 ** 32 - 1)
  if (options.flag('greedy')) {
    if (temperature !== undefined || topK !== undefined || topP !== undefined) throw new UsageError('--greedy excludes --temperature, --top-k and --top-p')
    return { kind: 'greedy', repetitionPenalty }
  }
  if (temperature === 0) return { kind: 'greedy', repetitionPenalty }
  return { kind: 'sample', temperature: temperature ?? 1, topK: topK ?? 50, topP: topP ?? 1, repetitionPenalty, seed: seed ?? randomSeed() }
}
