import type { Clock } from '../base/clock'
import { Disposable, MutableDisposable, type IDisposable } from '../base/lifecycle'
import type { LanguageModel } from '../language/languageModel'
import type { LoadStatus, ModelSpec } from './protocol'

export type OpenModel = (spec: ModelSpec, onFraction: (fraction: number) => void) => Promise<LanguageModel>

export interface LoadedEntry {
  readonly model: LanguageModel
  readonly loadMs: number
}

interface Entry {
  readonly spec: ModelSpec
  readonly loading: Promise<LoadedEntry>
  users: number
  retired?: true
}

/** The part of loading that is worth a message: the editor draws anew for each. */
const fractionStep = 0.05

/**
 * The models in memory: each is loaded once however many ask, the least recently used leaves when there are too many,
 * and all leave when nobody asked for as long as the last call wanted.
 */
export class ModelPool extends Disposable {
  private readonly entries = new Map<string, Entry>()
  private readonly idle = this.register(new MutableDisposable<IDisposable>())

  constructor(
    private readonly open: OpenModel,
    private readonly clock: Clock,
    private readonly limits: { readonly models: number; readonly idleMs: number },
    private readonly onStatus: (status: LoadStatus) => void,
    /** Tells who holds something that belongs to a model that it goes now. */
    private readonly onUnload: (model: LanguageModel) => void,
  ) {
    super()
  }

  /** Runs `work` with the model, which stays in memory until it is done. A failed load is forgotten, so the next call tries again. */
  async use<T>(spec: ModelSpec, work: (entry: LoadedEntry) => Promise<T>): Promise<T> {
    const key = keyOf(spec)
    const keepMs = spec.keepInMemoryMs ?? this.limits.idleMs
    const entry: Entry = this.entries.get(key) ?? { spec, loading: this.load(spec, key), users: 0 }
    // Last in the map is the most recently used.
    this.entries.delete(key)
    this.entries.set(key, entry)
    entry.users++
    try {
      return await work(await entry.loading)
    } finally {
      entry.users--
      if (entry.retired && entry.users === 0) this.release(entry)
      this.makeRoom(this.limits.models)
      this.idle.value = this.clock.after(keepMs, () => this.makeRoom(0))
    }
  }

  /** Takes a model out of use: nobody is given it any more, and it goes when those who have it are done. */
  retire(spec: ModelSpec): void {
    const key = keyOf(spec)
    const entry = this.entries.get(key)
    if (!entry) return
    this.entries.delete(key)
    entry.retired = true
    if (entry.users === 0) this.release(entry)
  }

  override dispose(): void {
    super.dispose()
    for (const key of [...this.entries.keys()]) this.unload(key)
  }

  private async load(spec: ModelSpec, key: string): Promise<LoadedEntry> {
    const began = this.clock.now()
    let told = 0
    const tell = (fraction: number): void => {
      told = fraction
      this.onStatus({ kind: 'loading', folder: spec.folder, fraction })
    }
    tell(0)
    try {
      const model = await this.open(spec, (fraction) => fraction >= told + fractionStep && tell(fraction))
      const loadMs = this.clock.now() - began
      this.onStatus({ kind: 'loaded', folder: spec.folder, loaded: { description: model.description, contextLength: model.contextLength, loadMs } })
      this.leaveOtherDevices(spec)
      return { model, loadMs }
    } catch (error) {
      this.entries.delete(key)
      this.onStatus({ kind: 'unloaded', folder: spec.folder })
      throw error
    }
  }

  /** A model that has moved to another device is not kept where it was. */
  private leaveOtherDevices(spec: ModelSpec): void {
    for (const { spec: other } of [...this.entries.values()]) {
      if (other.device !== spec.device && keyOf({ ...other, device: spec.device }) === keyOf(spec)) this.retire(other)
    }
  }

  private makeRoom(keep: number): void {
    for (const [key, entry] of [...this.entries]) {
      if (this.entries.size <= keep) return
      if (entry.users === 0) this.unload(key)
    }
  }

  private unload(key: string): void {
    const entry = this.entries.get(key)
    if (!entry) return
    this.entries.delete(key)
    this.release(entry)
  }

  private release(entry: Entry): void {
    entry.loading.then(
      ({ model }) => {
        this.onUnload(model)
        model.dispose()
        // It may be in memory in another way: on another device, say.
        const { folder } = entry.spec
        if (![...this.entries.values()].some(({ spec }) => spec.folder === folder)) this.onStatus({ kind: 'unloaded', folder })
      },
      () => {}, // A load that failed has nothing to unload; its caller got the error.
    )
  }
}

function keyOf({ keepInMemoryMs: _, ...identity }: ModelSpec): string {
  return JSON.stringify(identity)
}
