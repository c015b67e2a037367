import * as os from 'node:os'
import { InklingError } from '../../base/errors'
import { Classifier } from '../../gan/classifier'
import { DigitScorer } from '../../gan/digitScorer'
import { needsProcess } from '../../gan/ganEngine'
import { isToTrainer, type FromTrainer } from '../../gan/protocol/trainerProtocol'
import { TrainerSession } from '../../gan/trainerSession'
import { processEngineFactory } from './processEngines'
import { StudioFiles } from './studioFiles'

/** The native trainer's process: speaks the trainer protocol with its parent and ends with it. Argument: dist/studio. */
const files = new StudioFiles(process.argv[2] ?? '')

/** Typing goes before training. */
os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL)

function send(message: FromTrainer): void {
  // A parent that is gone takes no answer; `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

const session = new TrainerSession({
  engineFactory(backend) {
    if (!needsProcess(backend)) throw InklingError.of('gan-backend-unavailable', { backend, reason: 'it runs in the Studio’s page' })
    return processEngineFactory(backend, files.kernels)
  },
  scorer: (classifier) => new DigitScorer(Classifier.parse(classifier)),
  now: () => performance.now(),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
  memoryBytes: () => process.memoryUsage.rss(),
  shipped: async () => ({ data: await files.digits(), classifier: await files.classifier() }),
  post: send,
})

process.on('message', (message) => {
  if (isToTrainer(message)) void session.receive(message)
})
process.on('disconnect', () => process.exit(0))
