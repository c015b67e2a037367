import { createHash, type Hash } from 'node:crypto'

/**
 * What a file must hash to. A hub knows large files by their SHA-256 (Git LFS) and small ones by Git's own hash: the
 * SHA-1 of `blob`, a space, the size, a zero byte and the content.
 */
export type Digest = { readonly kind: 'sha256' | 'git-blob'; readonly hex: string }

/** Reads a hash as a hub writes it, or undefined when it is none. */
export function parseDigest(kind: Digest['kind'], value: unknown): Digest | undefined {
  if (typeof value !== 'string') return undefined
  const hex = value.toLowerCase().replace(/^sha256:/, '')
  return (kind === 'sha256' ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(hex) ? { kind, hex } : undefined
}

/** Hashes a file as it passes by: always SHA-256, which the store keeps, and Git's hash where that is what is known. */
export class FileHasher {
  private readonly sha256: Hash = createHash('sha256')
  private readonly git: Hash | undefined

  constructor(private readonly expected: Digest | undefined, sizeBytes: number) {
    this.git = expected?.kind === 'git-blob' ? createHash('sha1').update(`blob ${sizeBytes}\0`) : undefined
  }

  update(bytes: Uint8Array): void {
    this.sha256.update(bytes)
    this.git?.update(bytes)
  }

  /** Ends the hashing. `mismatch` is what was found where something else was expected. */
  finish(): { readonly sha256: string; readonly mismatch: string | undefined } {
    const sha256 = this.sha256.digest('hex')
    const found = this.git?.digest('hex') ?? sha256
    return { sha256, mismatch: this.expected === undefined || found === this.expected.hex ? undefined : found }
  }
}
