import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { InklingError } from '../../base/errors'
import { codeOf } from '../../base/fileErrors'
import { kernelFile } from '../../gan-tfjs/kernelFile'
import type { WasmFiles } from './nodeEngines'
import { allowRelaxedSimd } from '../relaxedSimd'

/** What the build puts into dist/studio. */
export class StudioFiles implements WasmFiles {
  constructor(private readonly folder: string) {}

  readonly tfjsWasm = (): Promise<Uint8Array> => this.read('tfjs.wasm')

  readonly kernels = (): Promise<Uint8Array> => {
    allowRelaxedSimd()
    return this.read(kernelFile())
  }

  /** The shipped digits, packed as `unpackDataset` reads them. */
  async digits(): Promise<Uint8Array> {
    return promisify(gunzip)(await this.read('digits.bin.gz'))
  }

  classifier(): Promise<Uint8Array> {
    return this.read('classifier.bin')
  }

  /** @throws InklingError `file-unreadable` */
  private async read(name: string): Promise<Uint8Array> {
    const file = path.join(this.folder, name)
    try {
      return await fs.readFile(file)
    } catch (error) {
      throw InklingError.of('file-unreadable', { file, reason: codeOf(error) }, error)
    }
  }
}
