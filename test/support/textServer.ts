import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { isRecord, own } from '../../src/base/json'

/** What a model server was asked. */
export interface Asked {
  readonly path: string
  readonly authorization: string | undefined
  /** Empty for what is no completion. */
  readonly prompt: string
}

export interface TextServer {
  readonly url: string
  readonly host: string
  readonly asked: readonly Asked[]
}

/**
 * A server on loopback with OpenAI's completions protocol that goes on with `text` behind every prompt, a word at a time
 * and sure of each. It lives as long as the tests of a file.
 */
export function useTextServer(text: string, key: string): () => TextServer {
  const asked: Asked[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body: unknown = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'))
      const prompt = isRecord(body) ? own(body, 'prompt') : undefined
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization, prompt: typeof prompt === 'string' ? prompt : '' })
      if (request.headers.authorization !== `Bearer ${key}`) answerJson(response, 401, { detail: 'Invalid API key' })
      else if (request.url === '/v1/models') answerJson(response, 200, { data: [{ id: 'writer', max_model_len: 1024 }, { id: 'another' }] })
      else write(response, text)
    })
  })
  let host = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return () => ({ url: `http://${host}`, host, asked })
}

function answerJson(response: http.ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

function write(response: http.ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (word: string, logprobs: unknown, finish: string | null): boolean => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, text: word, logprobs, finish_reason: finish }] })}\n\n`)
  for (const word of text.match(/\s*\S+/g) ?? []) send(word, { tokens: [word], token_logprobs: [-0.01], top_logprobs: [{ [word]: -0.01, ' or': -5 }] }, null)
  send('', null, 'length')
  response.end('data: [DONE]\n\n')
}
