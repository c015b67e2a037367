import { own } from '../base/json'
import type { Precision } from '../gpt2/weightFormat'
import { planFiles } from './filePlan'
import { listModelFolder } from './folderSource'
import { readConfig } from './inspect'

/** Bytes of the files that running a model at `precision` takes; 0 where the folder holds none. */
export async function weightBytes(folder: string, precision: Precision): Promise<number> {
  // A folder without a model fails where it is opened, which says what is missing.
  const type = await readConfig(folder).then((config) => own(config, 'model_type'), () => undefined)
  const plan = planFiles(await listModelFolder(folder), typeof type === 'string' ? type : undefined, precision)
  return 'missing' in plan ? 0 : plan.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
