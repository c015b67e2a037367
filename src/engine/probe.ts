import { toInklingError } from '../base/errors'
import { measureDevice } from './devices/measureDevice'
import type { FromProbe, ToProbe } from './devices/probeProtocol'
import { knownDevices } from './onnx/createSession'
import { onnxRuntime } from './onnx/runtime'
import { builtIn, folderOpener } from './openModel'
import { systemClock } from './systemClock'

/** A process that answers one question about devices and ends; or dies over it, which is an answer too. */
async function answer(question: ToProbe): Promise<FromProbe> {
  try {
    if (question.kind === 'devices') return { kind: 'devices', devices: knownDevices(await onnxRuntime()) }
    return { kind: 'measured', measurement: await measureDevice(question.spec, folderOpener(builtIn(__dirname)), systemClock) }
  } catch (error) {
    const { code, facts, cause } = toInklingError(error)
    return { kind: 'failed', error: { code, facts }, detail: cause instanceof Error ? cause.stack ?? cause.message : undefined }
  }
}

process.once('message', (question) => {
  // Only the parent that forked this process can write to the channel, with the same protocol file.
  void answer(question as ToProbe).then((message) => process.send?.(message, undefined, undefined, () => process.exit(0)))
})
process.on('disconnect', () => process.exit(0))
