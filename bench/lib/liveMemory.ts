/** What a Node process keeps in memory, without the garbage that nobody has collected yet. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'

/** Node listens there when it is told to by signal, on this machine alone. */
const inspector = 'http://127.0.0.1:9229/json/list'

interface Target {
  readonly webSocketDebuggerUrl: string
}

/**
 * Lets a process collect its garbage, by Node's inspector, and asks what is left.
 * @param beside a page of the browser that speaks to the inspector, from another page
 * @returns bytes of JavaScript objects and of what they hold outside the heap
 */
export async function liveBytes(processId: number, beside: Page): Promise<number> {
  process.kill(processId, 'SIGUSR1')
  const url = await inspectorUrl()
  const page = await beside.context().browser()?.newPage()
  if (page === undefined) throw new Error('The browser is gone.')
  try {
    return await page.evaluate<number>(`(${collectAndAsk})(${JSON.stringify(url)})`)
  } finally {
    await page.close()
  }
}

async function inspectorUrl(): Promise<string> {
  for (;;) {
    try {
      const [target] = (await (await fetch(inspector)).json()) as readonly Target[]
      if (target) return target.webSocketDebuggerUrl
    } catch {
      // Not yet.
    }
    await wait(50)
  }
}

/** Runs in a page. */
const collectAndAsk = `(url) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url)
  const calls = [
    { method: 'HeapProfiler.enable' }, { method: 'HeapProfiler.collectGarbage' }, { method: 'HeapProfiler.collectGarbage' },
    { method: 'Runtime.evaluate', params: { expression: 'process.memoryUsage().heapUsed + process.memoryUsage().external', returnByValue: true } },
  ]
  const call = (id) => socket.send(JSON.stringify({ id, ...calls[id] }))
  socket.onopen = () => call(0)
  socket.onerror = () => reject(new Error('the inspector does not answer'))
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data)
    if (id === undefined) return
    if (id + 1 < calls.length) call(id + 1)
    else resolve(result.result.value)
  }
})`
