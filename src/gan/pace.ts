/** How fast it goes, and when it was last said. */
export class Pace {
  private lastSaid = 0
  private lastToldStep = 0
  private marks: { readonly step: number; readonly at: number }[] = []

  constructor(private readonly now: () => number) {}

  begin(step: number): void {
    this.marks = [{ step, at: this.now() }]
    this.lastToldStep = step
  }

  forget(): void {
    this.marks = []
    this.lastToldStep = 0
  }

  due(everyMs: number): boolean {
    if (this.now() - this.lastSaid < everyMs) return false
    this.lastSaid = this.now()
    return true
  }

  /** Steps per second over the last few seconds. */
  rate(step: number): number {
    this.marks.push({ step, at: this.now() })
    if (this.marks.length > 50) this.marks.shift()
    const [first] = this.marks
    const elapsed = first ? this.now() - first.at : 0
    return first && elapsed > 0 ? ((step - first.step) * 1000) / elapsed : 0
  }

  /** The step told last; from now on it is `step`. */
  told(step: number): number {
    const before = this.lastToldStep
    this.lastToldStep = step
    return before
  }
}
