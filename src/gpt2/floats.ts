/** How a float tensor is stored in a file. */
export type FloatType = 'F32' | 'F16' | 'BF16'

/**
 * Little-endian floats from a file, as float32. Every value of the narrower types has an exact float32.
 * @param bytes whole elements; for F32 the result may be a view of it
 */
export function toFloat32(bytes: Uint8Array, type: FloatType): Float32Array {
  switch (type) {
    case 'F32':
      return viewAs(bytes, Float32Array)
    case 'BF16':
      return fromBfloat16(viewAs(bytes, Uint16Array))
    case 'F16':
      return fromFloat16(viewAs(bytes, Uint16Array))
  }
}

/** Numbers as they lie in memory. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int8Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Whether no value is infinite or NaN. */
export function allFinite(values: Float32Array): boolean {
  // 0·x is 0 for finite x and NaN otherwise: one sum instead of a branch for each value.
  let zero = 0
  for (let i = 0; i < values.length; i++) zero += (values[i] ?? 0) * 0
  return zero === 0
}

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16
  return new Float32Array(bits.buffer)
}

/** IEEE 754 binary16. */
function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length)
  const bits = new Uint32Array(values.buffer)
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] ?? 0
    const size = half & 0x7fff
    // What both types write alike moves up, and its exponent begins at 127 instead of 15.
    if (size >= smallestNormal && size < infinite) bits[i] = ((half & 0x8000) << 16) | ((size << 13) + (112 << 23))
    else values[i] = (half & 0x8000 ? -1 : 1) * (size < smallestNormal ? size * 2 ** -24 : size === infinite ? Infinity : NaN)
  }
  return values
}

const smallestNormal = 1 << 10
const infinite = 31 << 10

function viewAs<T>(bytes: Uint8Array, view: { new (buffer: ArrayBufferLike, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number }): T {
  const size = view.BYTES_PER_ELEMENT
  // A typed array must begin at a multiple of its element's size.
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
  return new view(aligned.buffer, aligned.byteOffset, aligned.byteLength / size)
}
