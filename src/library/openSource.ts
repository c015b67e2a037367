import { OfflineSource } from './folderSource'
import { HubSource } from './hubSource'
import type { ModelSource } from './source'
import { systemNetwork } from './systemNetwork'

export interface HubAccess {
  /** The official hub or a mirror. */
  readonly url: URL
  readonly token: string | undefined
  readonly strictCertificates: boolean
}

/** Where models come from: a folder, where one is named, or a hub. @param hub asked only when it is one */
export async function openSource(folder: string, hub: () => Promise<HubAccess>): Promise<ModelSource> {
  if (folder !== '') return new OfflineSource(folder)
  const { url, token, strictCertificates } = await hub()
  return new HubSource(url, token, systemNetwork({ strictCertificates }))
}
