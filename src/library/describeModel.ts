import { catalogue, catalogueEntry, type CatalogueEntry } from './catalogue'
import type { ModelId } from './modelId'
import type { InstalledModel } from './store'

/** A model as lists show it, installed or not. */
export interface ModelListEntry {
  readonly id: string
  readonly title: string
  readonly state: 'embedded' | 'installed' | 'available'
  readonly folder: string | undefined
  readonly parameters: number | undefined
  readonly contextLength: number | undefined
  readonly licence: string
  /** Bytes on disk; undefined for what is not installed. */
  readonly sizeBytes: number | undefined
  /** Bytes that a download which has not ended has left. */
  readonly fetchedBytes?: number
  readonly summary: string
}

/** Everything there is to choose from: what came with Inkling, what was installed, what was begun, and what else of the catalogue can be had. */
export function modelList(embedded: ModelListEntry, installed: readonly InstalledModel[], partials: ReadonlyMap<ModelId, number>): readonly ModelListEntry[] {
  const here = new Set<string>(installed.map(({ manifest }) => manifest.id))
  const known = catalogue.filter(({ id }) => !here.has(id))
  const others = [...partials.keys()].filter((id) => !here.has(id) && catalogueEntry(id) === undefined)
  const available = [...known.map(availableEntry), ...others.map(unknownEntry)]
  return [embedded, ...installed.map(installedEntry), ...available.map((entry) => {
    const fetchedBytes = partials.get(entry.id)
    return fetchedBytes === undefined ? entry : { ...entry, fetchedBytes }
  })]
}

function installedEntry({ manifest, folder, sizeBytes }: InstalledModel): ModelListEntry {
  const known = catalogueEntry(manifest.id)
  return {
    id: manifest.id, title: known?.title ?? manifest.id, state: 'installed', folder, sizeBytes,
    parameters: manifest.parameters, contextLength: manifest.contextLength, licence: manifest.licence, summary: known?.summary ?? '',
  }
}

function unknownEntry(id: ModelId): ModelListEntry & { readonly id: ModelId } {
  return { id, title: id, state: 'available', folder: undefined, sizeBytes: undefined, parameters: undefined, contextLength: undefined, licence: '', summary: '' }
}

function availableEntry({ id, title, parameters, contextLength, licence, summary }: CatalogueEntry): ModelListEntry & { readonly id: ModelId } {
  return { id, title, state: 'available', folder: undefined, sizeBytes: undefined, parameters, contextLength, licence, summary }
}
