/** Something that holds a resource until it is disposed. Disposing twice is harmless. */
export interface IDisposable {
  dispose(): void
}

/** Base of every object that owns others: what is registered goes when the owner goes, last first. */
export abstract class Disposable implements IDisposable {
  private readonly owned: IDisposable[] = []
  private gone = false

  protected get isDisposed(): boolean {
    return this.gone
  }

  /** Hands `child` to this owner. A child that arrives late is disposed at once, so that nothing leaks. */
  protected register<T extends IDisposable>(child: T): T {
    if (this.gone) child.dispose()
    else this.owned.push(child)
    return child
  }

  dispose(): void {
    if (this.gone) return
    this.gone = true
    for (const child of this.owned.splice(0).reverse()) child.dispose()
  }
}

/** A disposable made of one action, which runs at most once. */
export function toDisposable(action: () => void): IDisposable {
  let pending: (() => void) | undefined = action
  return {
    dispose() {
      const run = pending
      pending = undefined
      run?.()
    },
  }
}

/** Holds at most one child at a time; a new one replaces and disposes the old. */
export class MutableDisposable<T extends IDisposable> implements IDisposable {
  private child: T | undefined
  private gone = false

  get value(): T | undefined {
    return this.child
  }

  set value(next: T | undefined) {
    if (next === this.child) return
    this.child?.dispose()
    this.child = next
    if (this.gone) this.clear()
  }

  clear(): void {
    this.value = undefined
  }

  dispose(): void {
    this.gone = true
    this.clear()
  }
}
