import { parseModelId, type ModelId } from './modelId'

/** A model that Inkling recommends. Anything else on a hub, or in a folder, can be added by its name. */
export interface CatalogueEntry {
  readonly id: ModelId
  readonly title: string
  /** Number of weights. */
  readonly parameters: number
  readonly licence: string
  /** Tokens. */
  readonly contextLength: number
  /** What it is good for, in a sentence. */
  readonly summary: string
  /** The commit that the hashes are of; the hub's newest where there are none. */
  readonly revision: string
  /** SHA-256 of files that are known here independently of the hub; the others are checked against what the hub says. */
  readonly sha256: ReadonlyMap<string, string>
}

/**
 * GPT-2 comes as weights, the others as ONNX exports with a graph for each precision (`onnx/` at the hub, seen there in 2025).
 * Parameters and context lengths are those of the models' configurations. Sizes are left to the hub: the listing that a
 * download begins with states them for every file.
 */
export const catalogue: readonly CatalogueEntry[] = [
  {
    ...entry('openai-community/gpt2', 'GPT-2', 124_439_808, 'MIT', 1024, 'The original small GPT-2: quick, and at home in prose.'),
    revision: '607a30d783dfa663caf39e06633721c8d4cfcd7e',
    sha256: new Map([
      ['model.safetensors', '248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707'],
      ['vocab.json', '196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783'],
      ['merges.txt', '1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5'],
    ]),
  },
  entry('distilbert/distilgpt2', 'DistilGPT-2', 81_912_576, 'Apache-2.0', 1024, 'GPT-2 distilled to half the layers: faster, a little less sure.'),
  entry('openai-community/gpt2-medium', 'GPT-2 Medium', 354_823_168, 'MIT', 1024, 'Better sentences for three times the work.'),
  entry('openai-community/gpt2-large', 'GPT-2 Large', 774_030_080, 'MIT', 1024, 'The best of the family that still runs on a laptop.'),
  entry('HuggingFaceTB/SmolLM-135M', 'SmolLM 135M', 134_515_008, 'Apache-2.0', 2048, 'Newer, as small as GPT-2, trained on texts that teach.'),
  entry('HuggingFaceTB/SmolLM-360M', 'SmolLM 360M', 361_821_120, 'Apache-2.0', 2048, 'The same with better sentences, for three times the work.'),
  entry('HuggingFaceTB/SmolLM2-135M-Instruct', 'SmolLM2 135M Instruct', 134_515_008, 'Apache-2.0', 8192, 'The newest of its size; taught to answer, and so a little drier.'),
  entry('HuggingFaceTB/SmolLM2-360M-Instruct', 'SmolLM2 360M Instruct', 361_821_120, 'Apache-2.0', 8192, 'The same with better sentences, for three times the work.'),
  entry('onnx-community/Qwen2.5-0.5B-Instruct', 'Qwen2.5 0.5B Instruct', 494_032_768, 'Apache-2.0', 32_768, 'Writes many languages; the slowest here.'),
]

export function catalogueEntry(id: ModelId): CatalogueEntry | undefined {
  return catalogue.find((entry) => entry.id === id)
}

function entry(name: string, title: string, parameters: number, licence: string, contextLength: number, summary: string): CatalogueEntry {
  const id = parseModelId(name)
  if (id === undefined) throw new Error(`${name} is no name of a model`)
  return { id, title, parameters, licence, contextLength, summary, revision: 'main', sha256: new Map() }
}
