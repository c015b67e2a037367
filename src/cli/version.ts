import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { own } from '../base/json'
import { parseJsonObject } from '../language/fileGuards'

/** @param root of the package */
export function versionOf(root: string): string {
  return String(own(parseJsonObject('package.json', readFileSync(path.join(root, 'package.json'))), 'version'))
}
