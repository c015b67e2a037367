/** `action`, at once when it has rested for `intervalMs`, else when it has; never forgotten. */
export function atMostEvery(intervalMs: number, action: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY
  let waiting = false
  const act = (): void => {
    last = performance.now()
    action()
  }
  return () => {
    if (waiting) return
    const rested = performance.now() - last
    if (rested >= intervalMs) return act()
    waiting = true
    setTimeout(() => {
      waiting = false
      act()
    }, intervalMs - rested)
  }
}
