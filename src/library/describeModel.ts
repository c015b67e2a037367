import { catalogue, catalogueEntry, type CatalogueEntry } from './catalogue'
import { runnableLayouts } from './filePlan'
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
  readonly summary: string
}

/** Everything there is to choose from: what came with Inkling, what was installed, and what else of the catalogue can be run. */
export function modelList(embedded: ModelListEntry, installed: readonly InstalledModel[]): readonly ModelListEntry[] {
  const here = new Set<string>(installed.map(({ manifest }) => manifest.id))
  return [embedded, ...installed.map(installedEntry), ...catalogue.filter(({ id, layout }) => !here.has(id) && runnableLayouts.includes(layout)).map(availableEntry)]
}

function installedEntry({ manifest, folder, sizeBytes }: InstalledModel): ModelListEntry {
  const known = catalogueEntry(manifest.id)
  return {
    id: manifest.id, title: known?.title ?? manifest.id, state: 'installed', folder, sizeBytes,
    parameters: manifest.parameters, contextLength: manifest.contextLength, licence: manifest.licence, summary: known?.summary ?? '',
  }
}

function availableEntry({ id, title, parameters, contextLength, licence, summary }: CatalogueEntry): ModelListEntry {
  return { id, title, state: 'available', folder: undefined, sizeBytes: undefined, parameters, contextLength, licence, summary }
}
