import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { downloadFile } from '../../../src/library/download'
import { content, quickNetwork, sha256, temporaryFolder } from './server'

const body = content(10_000)

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** An https server with a certificate that nobody vouches for, made for this test. */
async function untrusted(): Promise<URL> {
  const folder = await temporaryFolder()
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'], { stdio: 'ignore' })
  const server = https.createServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => response.end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`)
}

async function attempt(strictCertificates: boolean): Promise<string> {
  const network = { ...quickNetwork(), http: { idleMs: 10_000, strictCertificates } }
  const target = path.join(await temporaryFolder(), 'file.bin')
  return downloadFile({ url: await untrusted(), token: undefined, name: 'file.bin', target, sizeBytes: body.length, digest: undefined }, network, () => {}, new AbortController().signal)
}

describe.skipIf(!hasOpenssl())('a certificate that nobody vouches for', () => {
  it('is told, and not tried again', async () => {
    await expect(attempt(true)).rejects.toMatchObject({ code: 'download-certificate' })
  })

  it('is taken where the user has switched http.proxyStrictSSL off', async () => {
    expect(await attempt(false)).toBe(sha256(body))
  })
})
