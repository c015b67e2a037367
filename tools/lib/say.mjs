// @ts-check
const startedAt = performance.now()

/** One line of progress, with the time since the start. @param {string} message */
export function say(message) {
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`[${seconds.toFixed(1).padStart(6)} s] ${message}`)
}

/** Runs a program's main function; what goes wrong is told in a line, because its stack helps nobody. @param {() => Promise<void>} main */
export async function runMain(main) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
