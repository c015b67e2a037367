import { Classifier } from '../../src/gan/classifier'
import { DigitScorer } from '../../src/gan/digitScorer'
import { isToTrainer } from '../../src/gan/protocol/trainerProtocol'
import { TrainerSession } from '../../src/gan/trainerSession'
import { engineFactory, memoryBytes } from './backends'

/** What a dedicated worker has; the DOM's types describe a window. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
}

const scope = globalThis as unknown as WorkerScope

/** A message to itself comes after those that are waiting. Unlike a timer it is not slowed down while the panel is hidden. */
const channel = new MessageChannel()
const breathing: (() => void)[] = []
channel.port1.onmessage = () => breathing.shift()?.()

const session = new TrainerSession({
  engineFactory,
  scorer: (classifier) => new DigitScorer(Classifier.parse(classifier)),
  now: () => performance.now(),
  breathe: () =>
    new Promise((resolve) => {
      breathing.push(resolve)
      channel.port2.postMessage(undefined)
    }),
  memoryBytes,
  post: (message, transfer) => scope.postMessage(message, [...transfer]),
})

scope.addEventListener('message', ({ data }) => {
  if (isToTrainer(data)) void session.receive(data)
})
