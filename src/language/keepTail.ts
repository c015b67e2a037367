/**
 * Cuts what does not fit from the beginning of `tokens`. The cut moves in steps of a quarter of the room, so that while
 * someone types at the end of a long text the beginning stays the same and its key/value rows stay good.
 * @param room the most tokens to keep, at least 1
 */
export function keepTail(tokens: Int32Array, room: number): Int32Array {
  if (tokens.length <= room) return tokens
  const step = Math.max(1, room >> 2)
  return tokens.subarray(Math.ceil((tokens.length - room) / step) * step)
}
