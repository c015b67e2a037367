import { stat } from 'node:fs/promises'
import { InklingError } from '../../base/errors'

/**
 * Electron's allocator ends a process that asks for 2 GiB in one piece, and ONNX Runtime needs a graph about twice while it
 * reads it. Weights in files of their own are read tensor by tensor and do not count.
 */
export const mostGraphBytes = 1 << 30

/**
 * Refuses a graph that would end this process.
 * @throws InklingError `model-too-large-here`
 */
export async function requireFits(file: string, isElectron = process.versions.electron !== undefined): Promise<void> {
  if (!isElectron) return
  // One that is not there fails later, with its own reason.
  const size = await stat(file).then((stats) => stats.size, () => 0)
  if (size >= mostGraphBytes) throw InklingError.of('model-too-large-here', {})
}
