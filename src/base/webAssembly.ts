/**
 * What is used here of WebAssembly's JavaScript interface. TypeScript declares it together with the whole DOM, which
 * this code must not lean on: it runs in Node as well.
 */
interface WebAssemblyInterface {
  readonly Memory: {
    new (limits: { readonly initial: number }): Memory<ArrayBuffer>
    new (limits: { readonly initial: number; readonly maximum: number; readonly shared: true }): Memory<SharedArrayBuffer>
  }
  validate(bytes: Uint8Array): boolean
  compile(bytes: Uint8Array): Promise<Module>
  instantiate(bytes: Uint8Array, imports: Imports): Promise<{ readonly instance: Instance }>
  instantiate(module: Module, imports: Imports): Promise<Instance>
}

export interface Memory<Buffer extends ArrayBuffer | SharedArrayBuffer> {
  /** Another one after the memory has grown. */
  readonly buffer: Buffer
  /** @param pages of 64 KiB @throws RangeError where there are not so many */
  grow(pages: number): number
}

/** Compiled code: nothing to look into. */
export type Module = object

interface Instance {
  readonly exports: object
}

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly
