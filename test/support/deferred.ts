/** A promise, and the function that keeps it. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((keep) => (resolve = keep))
  return { promise, resolve: () => resolve() }
}
