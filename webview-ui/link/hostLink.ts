import { Caller } from '../../src/gan/protocol/calls'
import { isToPage, type HostCalls, type HostNews, type PageNews } from '../../src/gan/protocol/hostProtocol'

interface EditorApi {
  postMessage(message: unknown): void
  getState(): unknown
  setState(state: unknown): void
}

declare function acquireVsCodeApi(): EditorApi

/** What the page keeps for the editor to hand to the host after a reload. */
export interface KeptState {
  readonly run: string | undefined
}

/** The extension host, as the page may speak to it. */
export class HostLink {
  private readonly api = acquireVsCodeApi()
  private readonly caller = new Caller<HostCalls>((call) => this.api.postMessage(call))

  constructor(onNews: (news: HostNews) => void) {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = event.data
      if (!isToPage(message)) return
      if (message.type === 'answer' || message.type === 'refusal') this.caller.settle(message)
      else onNews(message)
    })
  }

  call<K extends keyof HostCalls>(name: K, ask: HostCalls[K]['ask']): Promise<HostCalls[K]['answer']> {
    return this.caller.call(name, ask)
  }

  tell(news: PageNews): void {
    this.api.postMessage(news)
  }

  keep(state: KeptState): void {
    this.api.setState(state)
  }
}
