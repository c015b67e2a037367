import { isRecord, own } from '../../base/json'

/** Says whether a value that came from another process or frame has type `T`. */
export type Check<T> = (value: unknown) => value is T

export type Checked<C> = C extends Check<infer T> ? T : never

export const isBoolean: Check<boolean> = (value) => typeof value === 'boolean'
export const isBytes: Check<Uint8Array> = (value) => value instanceof Uint8Array
export const isFloats: Check<Float32Array> = (value) => value instanceof Float32Array
export const isAnything: Check<unknown> = (_value): _value is unknown => true
export const isNothing: Check<undefined> = (value) => value === undefined

export function isText(maxLength: number): Check<string> {
  return (value): value is string => typeof value === 'string' && value.length <= maxLength
}

export function isWhole(min: number, max: number): Check<number> {
  return (value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
}

export const isNumber: Check<number> = (value) => typeof value === 'number'

export function isOneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  return (value): value is T => choices.some((choice) => choice === value)
}

export function isOptional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value)
}

export function isListOf<T>(check: Check<T>, maxLength: number): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= maxLength && value.every(check)
}

type Shape = Readonly<Record<string, Check<unknown>>>

/** An object whose own properties pass; others are let through, since who reads the message does not look at them. */
export function isObject<S extends Shape>(shape: S): Check<{ readonly [K in keyof S]: Checked<S[K]> }> {
  const entries = Object.entries(shape)
  return (value): value is { readonly [K in keyof S]: Checked<S[K]> } => isRecord(value) && entries.every(([key, check]) => check(own(value, key)))
}

/** The arguments of every call of a protocol, by name. */
export type CallShapes = Readonly<Record<string, Check<unknown>>>

/** A discriminated union of checked messages: `{ type, ...shape }`. */
export function isUnion<T extends { readonly type: string }>(shapes: { readonly [K in T['type']]: Check<Omit<Extract<T, { type: K }>, 'type'>> }): Check<T> {
  return (value): value is T => {
    if (!isRecord(value)) return false
    const type = own(value, 'type')
    if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return false
    return (shapes as Readonly<Record<string, Check<unknown>>>)[type]?.(value) ?? false
  }
}
