/**
 * What is used here of WebAssembly's JavaScript interface. TypeScript declares it together with the whole DOM, which
 * this code must not lean on: it runs in Node as well.
 */
interface WebAssemblyInterface {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
  validate(bytes: Uint8Array): boolean
  instantiate(bytes: Uint8Array, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<{ readonly instance: { readonly exports: object } }>
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly
