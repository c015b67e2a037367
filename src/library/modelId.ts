import { isSafePath } from './safePath'

/** `owner/name` of a model on a hub; the brand keeps unchecked text from being used as one. */
export type ModelId = string & { readonly brand: 'ModelId' }

/** Names from the time before owners, which people still type. */
const shortNames: ReadonlyMap<string, string> = new Map([
  ['gpt2', 'openai-community/gpt2'],
  ['gpt2-medium', 'openai-community/gpt2-medium'],
  ['gpt2-large', 'openai-community/gpt2-large'],
  ['gpt2-xl', 'openai-community/gpt2-xl'],
  ['distilgpt2', 'distilbert/distilgpt2'],
])

/** Hugging Face's rule for both parts (`validate_repo_id` of huggingface_hub): no `--`, no `..`, no dot or dash at the ends. */
const part = /^(?!.*(--|\.\.))[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/

/** The model that `text` names, or undefined when it is no name of a model. */
export function parseModelId(text: string): ModelId | undefined {
  const full = shortNames.get(text) ?? text
  const parts = full.split('/')
  const named = parts.length === 2 && parts.every((name) => part.test(name) && isSafePath(name) && !name.endsWith('.git'))
  return named ? (full as ModelId) : undefined
}

/** The name of the model's folder in the store. `--` cannot stand in an owner or a name, so no two models share one. */
export function folderName(id: ModelId): string {
  return id.replace('/', '--')
}

/** The model whose folder in the store has this name, or undefined when it is no such folder. */
export function modelOfFolder(name: string): ModelId | undefined {
  return parseModelId(name.replace('--', '/'))
}

/** The name for a model from a folder called `text`: what was made here must not pass for what somebody published under a short name. */
export function importName(text: string): ModelId | undefined {
  if (text.includes('/')) return parseModelId(text)
  const name = text.replace(/[^A-Za-z0-9_.]+/g, '-').replace(/\.{2,}/g, '.').replace(/^[-.]+|[-.]+$/g, '')
  return parseModelId(`local/${name}`)
}
