import { existsSync } from 'node:fs'
import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { downloadFile, type Download, type Network } from '../../../src/library/download'
import { content, cutAt, quickNetwork, rangeStart, sendRange, serve, sha256, temporaryFolder, type Exchange, type TestServer } from './server'

const body = content(200_000)
const forever = new AbortController().signal

async function downloadOf(server: TestServer, over: Partial<Download> = {}): Promise<Download> {
  return {
    url: new URL('file.bin', server.url), token: undefined, name: 'file.bin', target: path.join(await temporaryFolder(), 'file.bin'),
    sizeBytes: body.length, digest: { kind: 'sha256', hex: sha256(body) }, ...over,
  }
}

/** Downloads once from a server that answers so; the file that came out, or the code of what went wrong. */
async function attempt(answer: (exchange: Exchange) => void, over: Partial<Download> = {}, network: Network = quickNetwork()): Promise<{ outcome: string; server: TestServer; kept: number }> {
  const server = await serve(answer)
  const download = await downloadOf(server, over)
  const outcome = await downloadFile(download, network, () => {}, forever).then(
    async () => ((await readFile(download.target)).equals(body) ? 'right' : 'wrong bytes'),
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )
  return { outcome, server, kept: await stat(`${download.target}.part`).then(({ size }) => size, () => 0) }
}

describe('a download that is cut', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('at %i tenths goes on from there', async (tenths) => {
    const end = (body.length / 10) * tenths
    const { outcome, server } = await attempt((exchange) => (exchange.number === 0 ? cutAt(exchange, body, end) : sendRange(exchange, body)))
    expect(outcome).toBe('right')
    expect(server.requests.map(rangeStart)).toEqual([0, end])
  })

  it('at every tenth in turn still arrives', async () => {
    const tenth = body.length / 10
    const { outcome, server } = await attempt((exchange) => cutAt(exchange, body, rangeStart(exchange.request) + tenth))
    expect(outcome).toBe('right')
    expect(server.requests.map(rangeStart)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => n * tenth))
  })

  it('arrives from a server that cannot resume, once that lets it through', async () => {
    const { outcome } = await attempt((exchange) => {
      if (exchange.number < 3) return cutAt(exchange, body, [90_000, 30_000, 120_000][exchange.number] ?? 0, false)
      exchange.response.end(body)
    })
    expect(outcome).toBe('right')
  })

  it('always at the same place is given up, and what came is kept', async () => {
    const { outcome, server, kept } = await attempt((exchange) => cutAt(exchange, body, 150_000, false))
    expect(outcome).toBe('download-unreachable')
    expect(server.requests).toHaveLength(4)
    expect(kept).toBe(150_000)
  })

  it('waits longer after each failure in a row', async () => {
    const network = quickNetwork()
    await attempt(({ response }) => response.destroy(), {}, network)
    expect(network.waits).toEqual([100, 200, 400])
  })
})

describe('a server that answers', () => {
  const html = (response: Exchange['response']): void => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Please sign in</html>')
  }
  const whole = (response: Exchange['response'], bytes: Buffer, headers: Record<string, string | number> = {}): void => {
    response.writeHead(200, headers).end(bytes)
  }
  it.each<[string, (exchange: Exchange) => void, string]>([
    ['with fewer bytes and says so', ({ response }) => whole(response, body.subarray(1), { 'content-length': body.length - 1 }), 'download-size'],
    ['with more bytes and says so', ({ response }) => whole(response, Buffer.concat([body, body]), { 'content-length': body.length * 2 }), 'download-size'],
    ['with fewer bytes, chunked', ({ response }) => whole(response, body.subarray(0, 1000)), 'download-cut'],
    ['with more bytes, chunked', ({ response }) => whole(response, Buffer.concat([body, body])), 'download-size'],
    ['with nothing at all', ({ response }) => whole(response, Buffer.alloc(0)), 'download-cut'],
    ['with other bytes', ({ response }) => whole(response, content(body.length, 2)), 'download-hash'],
    ['with a sign-in page', ({ response }) => html(response), 'download-portal'],
    ['with a redirect to a sign-in page', ({ response, path: at }) => (at === '/login' ? html(response) : response.writeHead(302, { location: '/login' }).end()), 'download-portal'],
    ['with a sign-in page that says it is a file', ({ response }) => whole(response, Buffer.from('\ufeff\n<!DOCTYPE html><p>Please sign in'), { 'content-type': 'application/octet-stream' }), 'download-portal'],
    ['with a sign-in page as long as the file', ({ response }) => whole(response, Buffer.from('<html>'.padEnd(body.length)), { 'content-length': body.length }), 'download-portal'],
    ['with a sign-in page of a length that it states', ({ response }) => whole(response, Buffer.from('<html>'), { 'content-length': 6 }), 'download-portal'],
    ['511', ({ response }) => response.writeHead(511).end(), 'download-portal'],
    ['compressed all the same', ({ response }) => whole(response, body, { 'content-encoding': 'gzip' }), 'download-altered'],
    ['401', ({ response }) => response.writeHead(401).end(), 'download-token'],
    ['403', ({ response }) => response.writeHead(403).end(), 'download-token'],
    ['404', ({ response }) => response.writeHead(404).end(), 'download-missing'],
    ['410', ({ response }) => response.writeHead(410).end(), 'download-missing'],
    ['418', ({ response }) => response.writeHead(418).end(), 'download-refused'],
    ['204', ({ response }) => response.writeHead(204).end(), 'download-refused'],
    ['500 for ever', ({ response }) => response.writeHead(500).end(), 'download-refused'],
    ['503 for ever', ({ response }) => response.writeHead(503, { 'retry-after': '2' }).end(), 'download-busy'],
    ['429 and asks for an hour', ({ response }) => response.writeHead(429, { 'retry-after': '3600' }).end(), 'download-busy'],
    ['no HTTP', ({ request }) => request.socket.end('hello\r\n\r\n'), 'download-unreachable'],
    ['with a redirect to itself', ({ response, path: at }) => response.writeHead(302, { location: at }).end(), 'download-insecure'],
    ['with a redirect to http elsewhere', ({ response }) => response.writeHead(302, { location: 'http://models.example/file.bin' }).end(), 'download-insecure'],
    ['with a redirect to a file', ({ response }) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(), 'download-insecure'],
    ['with a redirect with a password', ({ response }) => response.writeHead(302, { location: 'https://user:pass@models.example/' }).end(), 'download-insecure'],
    ['zipped, and calls it by an old name', ({ response }) => whole(response, gzipSync(body), { 'content-encoding': 'x-gzip' }), 'download-altered'],
    ['zipped, and does not say so', ({ response }) => whole(response, gzipSync(body)), 'download-size'],
    ['zipped as a form of transfer', ({ response }) => whole(response, gzipSync(body), { 'transfer-encoding': 'gzip, chunked' }), 'download-size'],
    ['with a length beyond all measure', ({ request }) => request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(40)}\r\n\r\nabc`), 'download-unreachable'],
    ['with a length of a petabyte', ({ response }) => (response.writeHead(200, { 'content-length': 1e15 }).write(body), response.socket?.end()), 'download-size'],
    ['with two lengths', ({ request }) => request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: ${body.length}\r\n\r\nabc`), 'download-unreachable'],
    ['with headers without end', ({ request }) => request.socket.end(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`), 'download-unreachable'],
    ['with half a header and a reset', ({ request }) => request.socket.write('HTTP/1.1 200 OK\r\ncontent-le', () => request.socket.resetAndDestroy()), 'download-unreachable'],
    ['with chunks that are none', ({ request }) => request.socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n'), 'download-unreachable'],
    ['with a part that nobody asked for', ({ response }) => response.writeHead(206, { 'content-range': `bytes 100-199/${body.length}` }).end(body.subarray(100, 200)), 'download-altered'],
    ['with parts in several pieces', ({ response }) => response.writeHead(206, { 'content-type': 'multipart/byteranges; boundary=a' }).end('--a\r\n\r\nabc\r\n--a--'), 'download-altered'],
    ['416 for ever', ({ response }) => response.writeHead(416).end(), 'download-refused'],
    ['304', ({ response }) => response.writeHead(304).end(), 'download-refused'],
    ['300', ({ response }) => response.writeHead(300).end(), 'download-refused'],
    ['with a redirect to nowhere', ({ response }) => response.writeHead(302).end(), 'download-refused'],
    ['with redirects that never end', ({ response, number }) => response.writeHead(302, { location: `/step/${number}` }).end(), 'download-insecure'],
    ['503 and asks for a time that is none', ({ response }) => response.writeHead(503, { 'retry-after': '-1e99, soon' }).end(), 'download-refused'],
    ['with a redirect to nonsense', ({ response }) => response.writeHead(302, { location: 'http://[' }).end(), 'download-insecure'],
  ])('%s', async (_, answer, code) => {
    expect((await attempt(answer)).outcome).toBe(code)
  })

  it.each<[string, (exchange: Exchange) => void]>([
    ['429 with Retry-After first', (exchange) => (exchange.number === 0 ? exchange.response.writeHead(429, { 'retry-after': '7' }).end() : sendRange(exchange, body))],
    ['503 with a date first', (exchange) => (exchange.number === 0 ? exchange.response.writeHead(503, { 'retry-after': new Date(Date.now() + 7500).toUTCString() }).end() : sendRange(exchange, body))],
  ])('%s is waited for as long as it asks', async (_, answer) => {
    const network = quickNetwork()
    expect((await attempt(answer, {}, network)).outcome).toBe('right')
    expect(network.waits).toHaveLength(1)
    expect(network.waits[0]).toBeGreaterThan(5000)
    expect(network.waits[0]).toBeLessThanOrEqual(8000)
  })

  it.each<[string, (exchange: Exchange) => void]>([
    ['500 once', (exchange) => (exchange.number === 0 ? exchange.response.writeHead(500).end() : sendRange(exchange, body))],
    ['with a relative redirect', (exchange) => (exchange.path === '/file.bin' ? exchange.response.writeHead(307, { location: 'deeper/x' }).end() : sendRange(exchange, body))],
    ['with weak ETags', (exchange) => (exchange.number === 0 ? cutAt(exchange, body, 50_000) : sendRange(exchange, body, 'W/"a"'))],
    ['another part than was asked for', (exchange) => {
      if (exchange.number === 0) return cutAt(exchange, body, 50_000)
      if (exchange.number > 1) return sendRange(exchange, body)
      exchange.response.writeHead(206, { 'content-range': `bytes 10-${body.length - 1}/${body.length}` }).end(body.subarray(10))
    }],
    ['a part of the part that was asked for', (exchange) => {
      const start = rangeStart(exchange.request)
      const end = Math.min(start + 60_000, body.length)
      exchange.response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${body.length}`, 'content-length': end - start }).end(body.subarray(start, end))
    }],
    ['another version of the file in a part, which it was asked not to', (exchange) => {
      if (exchange.number === 0) {
        exchange.response.writeHead(200, { 'content-length': body.length, etag: '"old"' })
        return void exchange.response.write(content(body.length, 3).subarray(0, 70_000), () => exchange.response.destroy())
      }
      const start = rangeStart(exchange.request)
      exchange.response.writeHead(start === 0 ? 200 : 206, { etag: '"new"', ...(start === 0 ? {} : { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }) }).end(body.subarray(start))
    }],
    ['the whole as a part of unknown total', ({ response }) => response.writeHead(206, { 'content-range': `bytes 0-${body.length - 1}/*` }).end(body)],
    ['with the encoding that says nothing, in capitals', ({ response }) => response.writeHead(200, { 'content-encoding': 'Identity' }).end(body)],
    ['hints before it', (exchange) => {
      for (let i = 0; i < 50; i++) exchange.request.socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')
      sendRange(exchange, body)
    }],
    ['416 to a range', (exchange) => {
      if (exchange.number === 0) return cutAt(exchange, body, 50_000)
      if (exchange.request.headers.range !== undefined) return void exchange.response.writeHead(416).end()
      exchange.response.end(body)
    }],
    ['drop by drop', ({ response }) => {
      response.writeHead(200, { 'content-length': body.length })
      let sent = 0
      const drip = (): void => {
        response.write(body.subarray(sent, (sent += 10_000)))
        if (sent < body.length) setTimeout(drip, 20)
        else response.end()
      }
      drip()
    }],
  ])('%s gives the right file', async (_, answer) => {
    expect((await attempt(answer, {}, quickNetwork(200))).outcome).toBe('right')
  })

  it('with half of it and then nothing more is cut off, and asked for the rest', async () => {
    const { outcome, server } = await attempt((exchange) => {
      if (exchange.number > 0) return sendRange(exchange, body)
      exchange.response.writeHead(200, { 'content-length': body.length })
      exchange.response.write(body.subarray(0, body.length / 2))
    }, {}, quickNetwork(200))
    expect(outcome).toBe('right')
    expect(server.requests.map(rangeStart)).toEqual([0, body.length / 2])
  })

  it('with its headers drop by drop is cut off, too', async () => {
    const timers: NodeJS.Timeout[] = []
    const { outcome } = await attempt(({ request }) => {
      request.socket.write('HTTP/1.1 200 OK\r\nx: ')
      timers.push(setInterval(() => request.socket.write('y'), 5))
    }, {}, quickNetwork(100))
    timers.forEach(clearInterval)
    expect(outcome).toBe('download-unreachable')
  })

  it('never is cut off too', async () => {
    expect((await attempt(() => {}, {}, quickNetwork(30))).outcome).toBe('download-unreachable')
  })

  it('with a part of another total', async () => {
    const { outcome } = await attempt((exchange) => {
      if (exchange.number === 0) return cutAt(exchange, body, 50_000)
      exchange.response.writeHead(206, { 'content-range': 'bytes 50000-299999/300000' }).end()
    })
    expect(outcome).toBe('download-size')
  })

  it('with a new version in between begins again', async () => {
    const old = content(body.length, 3)
    const { outcome, server } = await attempt((exchange) => {
      if (exchange.number > 0) return sendRange(exchange, body, '"new"')
      exchange.response.writeHead(200, { 'content-length': old.length, etag: '"old"' })
      exchange.response.write(old.subarray(0, 70_000), () => exchange.response.destroy())
    })
    expect(outcome).toBe('right')
    expect(server.requests[1]?.headers['if-range']).toBe('"old"')
  })
})

describe('an access token', () => {
  it('goes to the host that it is for', async () => {
    const { outcome, server } = await attempt((exchange) => sendRange(exchange, body), { token: 'secret' })
    expect(outcome).toBe('right')
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret')
  })

  it('does not follow a redirect to another', async () => {
    const other = await serve((exchange) => sendRange(exchange, body))
    const { outcome } = await attempt(({ response }) => response.writeHead(302, { location: other.url.href }).end(), { token: 'secret' })
    expect(outcome).toBe('right')
    expect(other.requests[0]?.headers.authorization).toBeUndefined()
  })
})

describe('a download that was stopped', () => {
  it('keeps what came, and the next one goes on from there', async () => {
    const server = await serve((exchange) => (exchange.number === 0 ? void exchange.response.write(body.subarray(0, 120_000)) : sendRange(exchange, body)))
    const download = await downloadOf(server)
    const controller = new AbortController()
    const first = downloadFile(download, quickNetwork(), (bytes) => bytes >= 120_000 && controller.abort(), controller.signal)
    await expect(first).rejects.toThrow('Cancelled')
    await downloadFile(download, quickNetwork(), () => {}, forever)
    expect((await readFile(download.target)).equals(body)).toBe(true)
    expect(server.requests.map(rangeStart)).toEqual([0, 120_000])
  })

  it('is not begun at all when it was stopped before', async () => {
    const server = await serve((exchange) => sendRange(exchange, body))
    await expect(downloadFile(await downloadOf(server), quickNetwork(), () => {}, AbortSignal.abort())).rejects.toThrow('Cancelled')
    expect(server.requests).toHaveLength(0)
  })

  it.each([
    ['damaged', Buffer.from(body.subarray(0, 100_000)).fill(7, 500, 600)],
    ['longer than the file', Buffer.concat([body, body])],
    ['as long as the file but wrong', content(body.length, 5)],
  ])('begins again by itself when what was kept is %s', async (_, left) => {
    const server = await serve((exchange) => sendRange(exchange, body))
    const download = await downloadOf(server)
    await writeFile(`${download.target}.part`, left)
    await downloadFile(download, quickNetwork(), () => {}, forever)
    expect((await readFile(download.target)).equals(body)).toBe(true)
  })

  it.skipIf(!existsSync('/dev/full'))('by a full disk says so', async () => {
    const server = await serve((exchange) => sendRange(exchange, body))
    const download = await downloadOf(server)
    await symlink('/dev/full', `${download.target}.part`)
    await expect(downloadFile(download, quickNetwork(), () => {}, forever)).rejects.toMatchObject({ code: 'disk-full' })
  })

  it('needs no request when everything is there', async () => {
    const server = await serve((exchange) => sendRange(exchange, body))
    const download = await downloadOf(server)
    await writeFile(`${download.target}.part`, body)
    expect(await downloadFile(download, quickNetwork(), () => {}, forever)).toBe(sha256(body))
    expect(server.requests).toHaveLength(0)
  })
})
