/** 5000 → 5,000 */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** 0.873 → 87 % */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–'
}

/** Seconds under a minute, then minutes and hours; rounded so that it does not flicker. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '…'
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`
}

/** Short numbers for axes: 12, 0.5, 1.2k. */
export function compact(value: number): string {
  if (Math.abs(value) >= 1000) return `${Number((value / 1000).toFixed(1))}k`
  return String(Number(value.toPrecision(3)))
}
