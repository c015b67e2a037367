/** What the page shows, as one value; whoever draws is told once per screen refresh that it changed. */
export class Store<S extends object> {
  private readonly watchers = new Set<() => void>()
  private scheduled = false

  /** @param onNextFrame runs its argument before the screen is drawn next; never while the page is hidden */
  constructor(
    private value: S,
    private readonly onNextFrame: (draw: () => void) => void,
  ) {}

  get state(): Readonly<S> {
    return this.value
  }

  update(change: Partial<S>): void {
    this.value = { ...this.value, ...change }
    if (this.scheduled) return
    this.scheduled = true
    this.onNextFrame(() => {
      this.scheduled = false
      for (const watcher of this.watchers) watcher()
    })
  }

  /** Draws now, and again whenever one of the selected values is another. */
  watch<T extends unknown[]>(select: (state: Readonly<S>) => [...T], draw: (...values: NoInfer<T>) => unknown): void {
    let drawn: T = select(this.value)
    draw(...drawn)
    this.watchers.add(() => {
      const next: T = select(this.value)
      if (next.every((value, i) => Object.is(value, drawn[i]))) return
      drawn = next
      draw(...next)
    })
  }
}
