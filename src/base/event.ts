import { toDisposable, type IDisposable } from './lifecycle'

/** Subscribes to something that happens again and again. Same shape as the editor's own events. */
export type Event<T> = (listener: (value: T) => void) => IDisposable

/** The end of an event that fires. One listener's failure must not keep the others from hearing. */
export class Emitter<T> implements IDisposable {
  private readonly listeners = new Set<(value: T) => void>()

  constructor(private readonly onListenerError: (error: unknown) => void = () => {}) {}

  readonly event: Event<T> = (listener) => {
    // A wrapper of its own, so that the same function may listen twice.
    const entry = (value: T): void => listener(value)
    this.listeners.add(entry)
    return toDisposable(() => this.listeners.delete(entry))
  }

  fire(value: T): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(value)
      } catch (error) {
        this.onListenerError(error)
      }
    }
  }

  dispose(): void {
    this.listeners.clear()
  }
}
