import { Disposable } from '../base/lifecycle'
import { checkNode } from '../engine/systemNode'
import type { Settings } from './settings'

/** The Node that the engine runs on: the user's, once it was found to be one, or else the editor's own. */
export class NodeProgram extends Disposable {
  /** Undefined is the editor's own. */
  private checked: string | undefined
  private asked = ''
  private checking: Promise<void> | undefined

  /**
   * @param report hears that the user's cannot be used
   * @param onChange the engine is to run on another one from now on
   */
  constructor(
    private readonly settings: Settings,
    private readonly report: (error: unknown) => void,
    private readonly onChange: () => void,
  ) {
    super()
    this.register(settings.onChange(() => this.look()))
    this.look()
  }

  get program(): string | undefined {
    return this.checked
  }

  /** Whether the setting was looked at: an engine started before would run on the wrong one. */
  get isReady(): boolean {
    return this.checking === undefined
  }

  /** Settles when it was. */
  async ready(): Promise<void> {
    await this.checking
  }

  private look(): void {
    const wanted = this.settings.get('nodePath')
    if (wanted === this.asked) return
    this.asked = wanted
    if (wanted === '') this.use(undefined)
    else this.checking = this.check(wanted)
  }

  private async check(wanted: string): Promise<void> {
    const usable = await checkNode(wanted).then(() => wanted, (error: unknown) => void this.report(error))
    // Another one may have been named while this one was asked.
    if (wanted === this.asked) this.use(usable)
  }

  private use(program: string | undefined): void {
    this.checking = undefined
    if (program === this.checked) return
    this.checked = program
    this.onChange()
  }
}
