import type { ModelListEntry } from '../../library/describeModel'
import { formatBytes, formatCount } from '../../library/format'

/** How one model looks in the list. */
export interface ModelItem {
  readonly label: string
  readonly description: string
  /** Codicon. */
  readonly icon: string
  /** What the menus go by: `embedded`, `installed` or `available`, with `.default` for the one in use and `.begun` for a download that has not ended. */
  readonly contextValue: string
  /** A table of facts: name and value; the names are translated by the host. */
  readonly facts: readonly (readonly [string, string])[]
}

export interface ModelUse {
  readonly isDefault: boolean
  readonly languages: readonly string[]
  /** Measured on this machine. */
  readonly tokensPerSecond: number | undefined
}

export function modelItem(entry: ModelListEntry, use: ModelUse): ModelItem {
  const { state, title, id, parameters, contextLength, licence, sizeBytes } = entry
  const speed = use.tokensPerSecond === undefined ? undefined : `${Math.round(use.tokensPerSecond)} tokens/s`
  const begun = entry.fetchedBytes === undefined ? undefined : `${formatBytes(entry.fetchedBytes)} fetched`
  const parts = [begun, parameters === undefined ? undefined : formatCount(parameters), sizeBytes === undefined ? undefined : formatBytes(sizeBytes), licence === '' ? undefined : licence, speed, use.languages.length > 0 ? use.languages.join(', ') : undefined]
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Name', id === '' ? undefined : id],
    ['Parameters', parameters === undefined ? undefined : formatCount(parameters)],
    ['Context', contextLength === undefined ? undefined : `${contextLength} tokens`],
    ['Licence', licence === '' ? undefined : licence],
    ['Size on disk', sizeBytes === undefined ? undefined : formatBytes(sizeBytes)],
    ['Fetched so far', begun],
    ['Speed measured here', speed],
    ['Used for', use.languages.length > 0 ? use.languages.join(', ') : undefined],
    ['Folder', entry.folder],
  ]
  return {
    label: title,
    description: parts.filter((part) => part !== undefined).join(' · '),
    icon: use.isDefault ? 'check' : state === 'available' ? 'cloud-download' : 'package',
    contextValue: use.isDefault ? `${state}.default` : begun === undefined ? state : `${state}.begun`,
    facts: facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  }
}
