import { InklingError } from '../../src/base/errors'
import type { IDisposable } from '../../src/base/lifecycle'
import { Caller } from '../../src/gan/protocol/calls'
import { isFromTrainer, type TrainerCalls, type TrainerNews } from '../../src/gan/protocol/trainerProtocol'

/** The worker that trains. When it dies, whoever waits is told, and a new link has to be made. */
export class TrainerLink implements IDisposable {
  private readonly worker: Worker
  private readonly caller: Caller<TrainerCalls>
  private readonly url: string

  /** @param script the worker's bundle: a webview may start a worker only from a blob of its own */
  constructor(script: string, onNews: (news: TrainerNews) => void, onGone: (error: InklingError) => void) {
    this.url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    this.worker = new Worker(this.url)
    this.caller = new Caller<TrainerCalls>((call, transfer) => this.worker.postMessage(call, [...transfer]))
    this.worker.addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = event.data
      if (!isFromTrainer(message)) return
      if (message.type === 'answer' || message.type === 'refusal') this.caller.settle(message)
      else onNews(message)
    })
    this.worker.addEventListener('error', (event) => {
      const error = InklingError.of('studio-worker-lost', { reason: event.message || 'it could not be started' })
      this.caller.close(error)
      onGone(error)
    })
  }

  call<K extends keyof TrainerCalls>(name: K, ask: TrainerCalls[K]['ask'], transfer: readonly ArrayBuffer[] = []): Promise<TrainerCalls[K]['answer']> {
    return this.caller.call(name, ask, transfer)
  }

  dispose(): void {
    this.caller.dispose()
    this.worker.terminate()
    URL.revokeObjectURL(this.url)
  }
}
