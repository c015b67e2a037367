// @ts-check
const startedAt = performance.now()

/** One line of progress, with the time since the start. @param {string} message */
export function say(message) {
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`[${seconds.toFixed(1).padStart(6)} s] ${message}`)
}
