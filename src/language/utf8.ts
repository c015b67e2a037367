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
