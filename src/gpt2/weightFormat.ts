/** How the weights are kept in memory. */
export type Precision = 'fp32' | 'int8' | 'int4'

/** What to do to a layer's matrix on the way. */
export interface LinearOptions {
  /** Factor of the first `columns` output columns: folds the attention's scale into the queries. */
  readonly scale?: { readonly columns: number; readonly factor: number }
  /** Leaves the bias to the caller. */
  readonly withoutBias?: boolean
}

/** Puts matrices into a graph in one format: which nodes multiply with them, and what the file of weights holds. */
export interface WeightFormat {
  /** Rows of the token embedding for `ids` [n], int32. @returns value [n, width] */
  embed(ids: string): string
  /** From here on values have only the rows that `rows` [m] names. */
  narrow?(rows: string): void
  /** x·W + b with the layer's tensors `name`.weight [in, out] and `name`.bias [out]. @returns value [n, out] */
  linear(x: string, name: string, options?: LinearOptions): string
  /** Logits of hidden states `x` [m, width]. @returns value `logits` [m, vocabulary] */
  head(x: string): string
}
