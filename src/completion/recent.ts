/** Keeps what belongs to the documents that were used last, and lets the one go that was used longest ago. */
export class Recent<T> {
  private readonly values = new Map<string, T>()

  constructor(private readonly capacity: number) {}

  get(id: string): T | undefined {
    const value = this.values.get(id)
    if (value !== undefined) this.set(id, value)
    return value
  }

  set(id: string, value: T): void {
    // A map remembers the order of insertion.
    this.values.delete(id)
    this.values.set(id, value)
    const [oldest] = this.values.keys()
    if (this.values.size > this.capacity && oldest !== undefined) this.values.delete(oldest)
  }

  delete(id: string): void {
    this.values.delete(id)
  }

  clear(): void {
    this.values.clear()
  }
}
