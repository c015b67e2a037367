import { createHash } from 'node:crypto'
import { content, sendRange, serve, sha256, type Exchange, type TestServer } from './server'
import { tinyGpt2 } from './tinyGpt2'

/** The files of a small model, and what a hub says of them. */
export interface FakeModel {
  readonly files: Readonly<Record<string, Buffer>>
  readonly info?: Readonly<Record<string, unknown>>
  /** Entries of the listing besides those of `files`. */
  readonly extra?: readonly unknown[]
}

/** What is larger lies in Git LFS. */
const largeBytes = 50_000

export const commit = 'a'.repeat(40)

export const smallGpt2: FakeModel = {
  files: { ...tinyGpt2(), 'pytorch_model.bin': content(1000) },
}

/** Bytes of the files that are needed of it. */
export const smallGpt2Bytes = Object.values(tinyGpt2()).reduce((sum, bytes) => sum + bytes.length, 0)

/** Answers as Hugging Face's hub does: small files are known by Git's hash, large ones by SHA-256 and lie on another path. */
export function answerAsHub({ files, info, extra }: FakeModel, exchange: Exchange): void {
  const { response, path } = exchange
  const json = (value: unknown): unknown => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (path.startsWith('/api/models/some/model/revision/')) {
    return void json({ _id: 'x', id: 'some/model', sha: commit, lastModified: '2026-01-01T00:00:00.000Z', gated: false, cardData: { license: 'mit' }, config: { model_type: 'gpt2' }, ...info })
  }
  if (path.startsWith(`/api/models/some/model/tree/${commit}`)) {
    const listed = Object.entries(files).map(([name, bytes]) => ({
      type: 'file', path: name, size: bytes.length,
      oid: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
      ...(bytes.length > largeBytes ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
    }))
    return void json([...listed, ...(extra ?? [])])
  }
  const name = decodeURIComponent(path.replace(`/some/model/resolve/${commit}/`, '').replace('/cdn/', ''))
  const bytes = files[name]
  if (bytes === undefined) return void response.writeHead(404, { 'content-type': 'text/html' }).end('no')
  if (bytes.length > largeBytes && !path.startsWith('/cdn/')) return void response.writeHead(302, { location: `/cdn/${encodeURIComponent(name)}` }).end()
  sendRange(exchange, bytes, `"${sha256(bytes)}"`)
}

export function serveHub(model: FakeModel): Promise<TestServer> {
  return serve((exchange) => answerAsHub(model, exchange))
}
