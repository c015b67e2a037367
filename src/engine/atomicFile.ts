import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { writeFailure } from '../base/fileErrors'

/**
 * Writes beside and renames, so that a cut leaves the old file whole.
 * @throws InklingError `disk-full`, `file-unwritable`
 */
export async function writeAtomically(file: string, bytes: Uint8Array | string): Promise<void> {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(4).toString('hex')}.part`)
  try {
    const handle = await fs.open(beside, 'w')
    try {
      await handle.writeFile(bytes)
      // Renaming may reach the disk before the bytes do, unless they are told to go first.
      await handle.sync()
    } finally {
      await handle.close()
    }
    await fs.rename(beside, file)
  } catch (error) {
    // The half-written file is of no use to anybody; that it could not be removed changes nothing.
    await fs.rm(beside, { force: true }).catch(() => undefined)
    throw writeFailure(file, error)
  }
}
