/**
 * The end of a growing token sequence that a context of limited length can hold. When it has grown too long it begins
 * anew with its last half, so that only now and then something has to be read again.
 */
export class TokenWindow {
  private constructor(
    private readonly tokens: number[],
    private start: number,
    private readonly capacity: number,
  ) {}

  /**
   * The end of `prompt`. One that is too long is cut so that what will follow fits too, but never to less than half the
   * capacity.
   * @param capacity the most tokens at once
   * @param expected how many will follow
   */
  static of(prompt: Int32Array, capacity: number, expected: number): TokenWindow {
    const room = Math.max(capacity - expected, Math.ceil(capacity / 2))
    return new TokenWindow([...prompt], prompt.length > capacity ? prompt.length - room : 0, capacity)
  }

  get length(): number {
    return this.tokens.length - this.start
  }

  push(token: number): void {
    this.tokens.push(token)
    if (this.length > this.capacity) this.start = this.tokens.length - Math.ceil(this.capacity / 2)
  }

  view(): Int32Array {
    return Int32Array.from({ length: this.length }, (_, i) => this.tokens[this.start + i] ?? 0)
  }

  copy(): TokenWindow {
    return new TokenWindow([...this.tokens], this.start, this.capacity)
  }
}
