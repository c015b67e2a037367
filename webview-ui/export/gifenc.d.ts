/** The part of gifenc that is used; the package brings no types. */
declare module 'gifenc' {
  export interface FrameOptions {
    readonly palette?: readonly (readonly [number, number, number])[]
    /** Milliseconds. */
    readonly delay?: number
    /** 0: for ever. Read from the first frame only. */
    readonly repeat?: number
  }
  export interface Encoder {
    writeFrame(indices: Uint8Array, width: number, height: number, options?: FrameOptions): void
    finish(): void
    bytes(): Uint8Array
  }
  export function GIFEncoder(): Encoder
}
