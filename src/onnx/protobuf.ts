/**
 * Writes Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding): just what an ONNX file needs.
 * The weights are not in it, so the message is small and may grow in memory.
 */
export class ProtobufWriter {
  private bytes = new Uint8Array(1024)
  private length = 0

  /** A whole number, negative ones as 64-bit two's complement. */
  integer(field: number, value: number): void {
    this.tag(field, 0)
    this.varint(value)
  }

  float(field: number, value: number): void {
    this.tag(field, 5)
    this.reserve(4)
    new DataView(this.bytes.buffer).setFloat32(this.length, value, true)
    this.length += 4
  }

  string(field: number, value: string): void {
    this.raw(field, new TextEncoder().encode(value))
  }

  raw(field: number, value: Uint8Array): void {
    this.tag(field, 2)
    this.varint(value.byteLength)
    this.reserve(value.byteLength)
    this.bytes.set(value, this.length)
    this.length += value.byteLength
  }

  message(field: number, write: (message: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter()
    write(inner)
    this.raw(field, inner.finish())
  }

  /** What was written so far. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType)
  }

  private varint(value: number): void {
    this.reserve(10)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.bytes[this.length++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.bytes[this.length++] = Number(rest)
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count))
    larger.set(this.bytes)
    this.bytes = larger
  }
}
