/** A size as people say it, in powers of 1000 as disks and downloads are sold: `548 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let unit = 0
  let value = bytes
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `124 M`, `1.6 B`: numbers of weights. */
export function formatCount(count: number): string {
  if (count >= 999.5e6) return `${(count / 1e9).toFixed(1)} B`
  return count >= 999_500 ? `${Math.round(count / 1e6)} M` : `${Math.round(count / 1000)} K`
}

/** `40 s`, `3 min`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
