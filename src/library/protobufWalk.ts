import type { ByteSource } from '../gpt2/byteSource'

/**
 * Reads a protobuf file by seeking, so that the weights inside are jumped over and never in memory
 * (https://protobuf.dev/programming-guides/encoding/).
 */

/** One length-delimited field: where its payload lies. */
export interface Field {
  readonly number: number
  readonly begin: number
  readonly end: number
}

/** One field that is a whole number. */
export interface NumberField {
  readonly number: number
  readonly value: number
}

export class MalformedProtobuf extends Error {}

/** A file of nothing but tiny fields would keep us busy for hours; no honest graph has as many. */
const mostFields = 5_000_000

export class ProtobufWalk {
  private seen = 0
  private window: Uint8Array = new Uint8Array(0)
  private windowAt = 0

  constructor(private readonly source: ByteSource) {}

  /** The length-delimited fields between two offsets, in their order. @throws MalformedProtobuf */
  async *fields(begin: number, end: number): AsyncGenerator<Field> {
    for await (const field of this.walk(begin, end)) if ('begin' in field) yield field
  }

  /** The fields between two offsets that are whole numbers, in their order. @throws MalformedProtobuf */
  async *numbers(begin: number, end: number): AsyncGenerator<NumberField> {
    for await (const field of this.walk(begin, end)) if ('value' in field) yield field
  }

  private async *walk(begin: number, end: number): AsyncGenerator<Field | NumberField> {
    let at = begin
    while (at < end) {
      if (++this.seen > mostFields) throw new MalformedProtobuf('it has far too many fields')
      const [key, afterKey] = await this.varint(at, end)
      const kind = key & 7
      const number = Math.floor(key / 8)
      at = afterKey
      if (kind === 0) {
        const [value, after] = await this.varint(at, end)
        yield { number, value }
        at = after
      } else if (kind === 1) at += 8
      else if (kind === 5) at += 4
      else if (kind === 2) {
        const [length, payload] = await this.varint(at, end)
        if (length > end - payload) throw new MalformedProtobuf('a field is longer than the file')
        yield { number, begin: payload, end: payload + length }
        at = payload + length
      } else throw new MalformedProtobuf(`a field has the kind ${kind}`)
      if (at > end) throw new MalformedProtobuf('a field is longer than the file')
    }
  }

  /** A short text field. @throws MalformedProtobuf */
  async text({ begin, end }: Field, longest: number): Promise<string> {
    if (end - begin > longest) throw new MalformedProtobuf('a name is far too long')
    return new TextDecoder().decode(await this.bytes(begin, end - begin))
  }

  /** @returns the value and the offset after it */
  private async varint(at: number, end: number): Promise<[number, number]> {
    const bytes = await this.bytes(at, Math.min(10, end - at))
    let value = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0
      value += (byte & 127) * 2 ** (7 * i)
      // A negative number fills ten bytes; its value does not matter here.
      if (byte < 128) return [Math.min(value, Number.MAX_SAFE_INTEGER), at + i + 1]
    }
    throw new MalformedProtobuf('a number has no end')
  }

  private async bytes(at: number, length: number): Promise<Uint8Array> {
    if (at < this.windowAt || at + length > this.windowAt + this.window.length) {
      this.window = await this.source.read(at, Math.max(length, 1 << 16))
      this.windowAt = at
    }
    const from = at - this.windowAt
    if (from + length > this.window.length) throw new MalformedProtobuf('it ends too early')
    return this.window.subarray(from, from + length)
  }
}
