/** tables[d][byte]: what a byte does to the sum d bytes later. */
const tables = makeTables(8)

function makeTables(count: number): readonly Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
  const all = [first]
  while (all.length < count) all.push((all.at(-1) ?? first).map((value) => (value >>> 8) ^ (first[value & 0xff] ?? 0)))
  return all
}

/** CRC-32 as in PNG and gzip (ISO 3309): notices what a broken disk or an interrupted copy does to a file. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]
  let crc = -1
  let i = 0
  // Eight bytes at a time ("slicing by 8", Kounavis and Berry, 2005): a run and its data are checked as often as they are kept.
  for (; i + 8 <= bytes.length; i += 8) {
    const low = crc ^ word(bytes, i)
    const high = word(bytes, i + 4)
    crc = at(t7, low) ^ at(t6, low >>> 8) ^ at(t5, low >>> 16) ^ at(t4, low >>> 24) ^ at(t3, high) ^ at(t2, high >>> 8) ^ at(t1, high >>> 16) ^ at(t0, high >>> 24)
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ at(t0, crc ^ (bytes[i] as number))
  return ~crc >>> 0
}

function at(table: Int32Array, byte: number): number {
  return table[byte & 0xff] as number
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
}
