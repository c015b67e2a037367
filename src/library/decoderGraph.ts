import { isIntegerIn } from '../base/json'
import { quote } from '../language/fileGuards'
import type { ElementType, OnnxSignature, TensorSignature } from './onnxSignature'

/**
 * How to run a text-generation export: Hugging Face's Optimum, and what follows its names, gives every decoder the same
 * inputs and outputs whatever its architecture is.
 */
export interface DecoderGraph {
  /** Entries of a row of logits. */
  readonly vocabulary: number
  readonly logitsType: FloatElement
  /** Keys and values of each layer; empty when the export keeps none and reads the whole text at every step. */
  readonly cache: readonly CacheTensor[]
  readonly cacheType: FloatElement
  /** Whether several texts can run at once. */
  readonly batches: boolean
  /** Inputs of whole numbers that this export has, with their types. */
  readonly integers: ReadonlyMap<IntegerInput, IntegerElement>
  /** Whether one graph holds a branch for a beginning and one that goes on, and is told which. */
  readonly hasCacheBranch: boolean
}

/** One tensor of past keys or values: [batch, heads, rows, headDim]. */
export interface CacheTensor {
  readonly past: string
  readonly present: string
  readonly heads: number
  readonly headDim: number
}

export type IntegerInput = 'input_ids' | 'attention_mask' | 'position_ids' | 'num_logits_to_keep'
export type FloatElement = 'float32' | 'float16'
export type IntegerElement = 'int32' | 'int64'

const integerInputs: readonly IntegerInput[] = ['input_ids', 'attention_mask', 'position_ids', 'num_logits_to_keep']
const cacheBranch = 'use_cache_branch'
const largestDimension = 1 << 20

/**
 * @param vocabulary what config.json says, for exports that leave it open
 * @returns the graph, or everything about it that cannot be run here
 */
export function decoderGraph(signature: OnnxSignature, vocabulary: number | undefined): DecoderGraph | { readonly problems: readonly string[] } {
  const problems: string[] = []
  const inputs = new Map(signature.inputs.map((tensor) => [tensor.name, tensor]))
  const outputs = new Map(signature.outputs.map((tensor) => [tensor.name, tensor]))

  const ids = inputs.get('input_ids')
  if (ids === undefined) problems.push('it has no input "input_ids"')
  const integers = new Map<IntegerInput, IntegerElement>()
  for (const name of integerInputs) {
    const tensor = inputs.get(name)
    if (tensor === undefined) continue
    if (tensor.type === 'int32' || tensor.type === 'int64') integers.set(name, tensor.type)
    else problems.push(`its input "${name}" is not of whole numbers`)
  }

  const logits = outputs.get('logits')
  const entries = logits?.shape.at(-1) ?? vocabulary
  if (logits === undefined) problems.push('it has no output "logits"')
  else if (!isFloat(logits.type) || logits.shape.length !== 3) problems.push('its output "logits" has another form')
  else if (!isIntegerIn(entries, 1, 1 << 24)) problems.push('neither its graph nor config.json says how many tokens it knows')

  const cache: CacheTensor[] = []
  const cacheTypes = new Set<ElementType | undefined>()
  const unknown: string[] = []
  for (const tensor of signature.inputs) {
    if (tensor.name === cacheBranch || integerInputs.some((name) => name === tensor.name)) continue
    const found = cacheTensor(tensor, outputs)
    if (found === undefined) unknown.push(tensor.name)
    else {
      cache.push(found)
      cacheTypes.add(tensor.type)
      cacheTypes.add(outputs.get(found.present)?.type)
    }
  }
  if (unknown.length > 0) problems.push(`it wants inputs that are not known here: ${listed(unknown)}`)
  const [cacheType = 'float32', ...others] = cacheTypes
  if (!isFloat(cacheType) || others.length > 0) problems.push('its keys and values have several types')

  if (problems.length > 0 || !isFloat(logits?.type) || !isFloat(cacheType) || entries === undefined) return { problems }
  return {
    vocabulary: entries, logitsType: logits.type, cache, cacheType, integers,
    batches: ids?.shape[0] === undefined,
    hasCacheBranch: inputs.has(cacheBranch),
  }
}

/** `past_key_values.3.key` goes with `present.3.key`; heads and their width stand in the shape. */
function cacheTensor({ name, shape }: TensorSignature, outputs: ReadonlyMap<string, TensorSignature>): CacheTensor | undefined {
  const matched = /^past_key_values\.(\d{1,4}\.(?:key|value))$/.exec(name)
  const present = matched === null ? undefined : `present.${matched[1]}`
  const [, heads, , headDim, ...more] = shape
  if (present === undefined || !outputs.has(present) || more.length > 0) return undefined
  if (!isIntegerIn(heads, 1, largestDimension) || !isIntegerIn(headDim, 1, largestDimension)) return undefined
  return { past: name, present, heads, headDim }
}

function isFloat(type: ElementType | undefined): type is FloatElement {
  return type === 'float32' || type === 'float16'
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(quote).join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown
}
