import { modelList, type ModelListEntry } from './describeModel'
import { embeddedEntry } from './embeddedModel'
import type { ModelStore } from './store'

/** What lists show: the embedded model, those installed, those that can be had. @param onBroken hears of what cannot be read */
export async function modelEntries(embedded: string, store: ModelStore, onBroken: (error: unknown) => void): Promise<readonly ModelListEntry[]> {
  return modelList(await embeddedEntry(embedded), await store.list(onBroken), await store.partials())
}
