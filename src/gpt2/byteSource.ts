/** The bytes of one file, read by range so that a large file is never held whole. */
export interface ByteSource {
  /** The file's path, for messages. */
  readonly name: string
  readonly sizeBytes: number
  /** @returns the bytes from `offset`; fewer than `length` only where the file ends */
  read(offset: number, length: number): Promise<Uint8Array>
  /** The same where all of it is in memory: a view of that, not to be changed. */
  share?(offset: number, length: number): Uint8Array | undefined
}
