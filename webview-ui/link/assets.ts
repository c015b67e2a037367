import { InklingError, reasonOf } from '../../src/base/errors'

/** The extension's own files, beside the page's bundle. The page fetches them for the worker, which cannot. */
export class Assets {
  constructor(private readonly root: string) {}

  async text(name: string): Promise<string> {
    return (await this.get(name)).text()
  }

  async bytes(name: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.get(name)).arrayBuffer())
  }

  /** A gzip file, unpacked. */
  async unpacked(name: string): Promise<Uint8Array> {
    const { body } = await this.get(name)
    if (!body) throw InklingError.of('studio-asset-missing', { file: name, reason: 'it is empty' })
    return new Uint8Array(await new Response(body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer())
  }

  private async get(name: string): Promise<Response> {
    try {
      const response = await fetch(`${this.root}/${name}`)
      if (response.ok) return response
      throw new Error(`${response.status} ${response.statusText}`)
    } catch (error) {
      throw InklingError.of('studio-asset-missing', { file: name, reason: reasonOf(error) }, error)
    }
  }
}
