/** Token ids that are collected one by one. */
export class IdBuffer {
  private items = new Int32Array(64)
  private length = 0

  push(id: number): void {
    this.reserve(1)
    this.items[this.length++] = id
  }

  append(ids: Int32Array): void {
    this.reserve(ids.length)
    this.items.set(ids, this.length)
    this.length += ids.length
  }

  toArray(): Int32Array {
    return this.items.slice(0, this.length)
  }

  private reserve(count: number): void {
    if (this.length + count <= this.items.length) return
    const grown = new Int32Array(Math.max(this.items.length * 2, this.length + count))
    grown.set(this.items.subarray(0, this.length))
    this.items = grown
  }
}
