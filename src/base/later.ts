import { Disposable, type IDisposable } from './lifecycle'

/** Something that is made when it is first asked for, since its code is not worth loading before. Goes with this owner if it holds a resource. */
export class Later<T extends object> extends Disposable {
  private made: Promise<T> | undefined
  private value: T | undefined

  constructor(private readonly make: () => Promise<T>) {
    super()
  }

  /** Undefined as long as nobody has asked for it. */
  get now(): T | undefined {
    return this.value
  }

  /** @throws what making it throws; the next call tries again */
  get(): Promise<T> {
    return (this.made ??= this.make().then((value) => this.keep(value), (error: unknown) => this.forget(error)))
  }

  private keep(value: T): T {
    if (isDisposable(value)) this.register(value)
    this.value = value
    return value
  }

  private forget(error: unknown): never {
    this.made = undefined
    throw error
  }
}

function isDisposable(value: object): value is IDisposable {
  return 'dispose' in value && typeof value.dispose === 'function'
}
