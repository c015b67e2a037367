/**
 * Guards for data from outside. `JSON.parse` makes `__proto__` an ordinary own property; the danger begins when such an
 * object is read by plain lookup, so everything here reads own properties only.
 */
export type JsonRecord = Readonly<Record<string, unknown>>

/** A plain object: neither null nor an array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property `key`, or undefined. */
export function own(record: JsonRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** An integer in [min, max]. */
export function isIntegerIn(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
}

export function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

export function isIntegerArray(value: unknown, min: number, max: number): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => isIntegerIn(item, min, max))
}
