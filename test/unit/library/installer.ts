// Installs the model of the test hub in a process of its own: node --import tsx installer.ts HUB STORE
import { HubSource } from '../../../src/library/hubSource'
import { install, prepareInstall, systemInstallEnvironment } from '../../../src/library/install'
import { parseModelId } from '../../../src/library/modelId'
import { ModelStore } from '../../../src/library/store'
import { systemNetwork } from '../../../src/library/systemNetwork'

const [, , hub = '', root = ''] = process.argv
const signal = new AbortController().signal

async function main(): Promise<void> {
  const id = parseModelId('some/model')
  if (id === undefined) throw new Error('no name')
  const offer = await prepareInstall(id, new HubSource(new URL(hub), undefined, systemNetwork({ strictCertificates: true })), 'int8', signal)
  await install(offer, new ModelStore(root), systemInstallEnvironment, () => {}, signal)
  process.stdout.write('installed\n')
}

main().then(() => process.exit(0), (error: unknown) => {
  process.stdout.write(`${String(error)}\n`)
  process.exit(1)
})
