import { execFile } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { promisify } from 'node:util'
import { InklingError } from '../base/errors'

/** The oldest Node that the engine runs on; package.json says the same. */
const oldest = [20, 9] as const

/**
 * Asks a program whether it is a Node that the engine can run on.
 * @param program absolute path
 * @throws InklingError `node-path-unusable`
 */
export async function checkNode(program: string, timeoutMs = 10_000): Promise<void> {
  const refuse = (reason: string, cause?: unknown): never => {
    throw InklingError.of('node-path-unusable', { path: program, reason }, cause)
  }
  const stats = await fs.stat(program).catch((error: unknown) => refuse('there is no such file', error))
  if (!stats.isFile()) refuse('it is not a file')
  const answer = await promisify(execFile)(program, ['--print', 'process.versions.node'], { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 4096, windowsHide: true }).catch((error: unknown) =>
    refuse(isKilled(error) ? 'it did not answer in time' : 'it cannot be run', error),
  )
  const version = /^(\d{1,4})\.(\d{1,4})\.\d+\S*$/.exec(answer.stdout.trim())
  if (!version) return refuse('it is not Node.js')
  const [major, minor] = [Number(version[1]), Number(version[2])]
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) refuse(`it is Node.js ${version[0]}, and ${oldest.join('.')} is needed`)
}

function isKilled(error: unknown): boolean {
  return error instanceof Error && 'killed' in error && error.killed === true
}
