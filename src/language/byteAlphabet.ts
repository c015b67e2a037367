/**
 * GPT-2 writes its tokens in an alphabet of 256 printable characters, one for each byte: bytes that print stand for
 * themselves, the others for U+0100 onwards in order (`bytes_to_unicode` in OpenAI's `encoder.py`).
 */
const characterOf: readonly string[] = makeAlphabet()
/** By character: all are below U+0200. */
const byteOf = new Int16Array(0x200).fill(-1)
for (const [byte, character] of characterOf.entries()) byteOf[character.charCodeAt(0)] = byte

/** The character that stands for `byte`. */
export function alphabetCharacter(byte: number): string {
  return characterOf[byte] ?? ''
}

/** Bytes as a token of the vocabulary writes them. */
export function toAlphabet(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += characterOf[byte]
  return text
}

/** The bytes that `token` stands for, or undefined when it is not written in the alphabet. */
export function fromAlphabet(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = byteOf[token.charCodeAt(i)]
    if (byte === undefined || byte < 0) return undefined
    bytes[i] = byte
  }
  return bytes
}

function makeAlphabet(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
}
