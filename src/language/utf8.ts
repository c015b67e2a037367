const encoder = new TextEncoder()
// The byte order mark is a character of the text like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Lone surrogates become U+FFFD. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Bytes that are no UTF-8 become U+FFFD, one for each longest prefix of a character (Unicode 3.9, "maximal subpart"). */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Puts bytes that arrive in pieces together: what is not yet a whole character waits for the rest. */
export class Utf8Stream {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  push(bytes: Uint8Array): string {
    return this.decoder.decode(bytes, { stream: true })
  }

  /** Ends the stream: half a character that still waits becomes U+FFFD. */
  end(): string {
    return this.decoder.decode()
  }
}

/** How many bytes at the end of `bytes` begin a character that is not whole yet: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0
    if (byte < 0x80) return 0
  }
  return 0
}

/** Bytes of the character that `lead` begins; 1 for a byte that begins none. */
export function sequenceLength(lead: number): number {
  if (lead >= 0xf8 || lead < 0xc0) return 1
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
}
