import { store16 } from './numbers'

/** Rows that stand side by side and are computed together. Matrices are filled up to a multiple. */
export const stepRows: usize = 16

/** Begins the sums of 16 rows for each of some tokens. */
@inline
export function clearSums(at: usize, tokens: usize): void {
  const none = f32x4.splat(0)
  for (const end = at + (tokens << 6); at < end; at += 64) store16(at, none, none, none, none)
}

/** Puts the sums of 16 rows, or adds them to what is there. */
@inline
export function finish(y: usize, y0: v128, y1: v128, y2: v128, y3: v128, bias: usize, adds: bool): void {
  if (bias != 0) {
    y0 = f32x4.add(y0, v128.load(bias))
    y1 = f32x4.add(y1, v128.load(bias, 16))
    y2 = f32x4.add(y2, v128.load(bias, 32))
    y3 = f32x4.add(y3, v128.load(bias, 48))
  }
  if (adds) {
    y0 = f32x4.add(y0, v128.load(y))
    y1 = f32x4.add(y1, v128.load(y, 16))
    y2 = f32x4.add(y2, v128.load(y, 32))
    y3 = f32x4.add(y3, v128.load(y, 48))
  }
  store16(y, y0, y1, y2, y3)
}
