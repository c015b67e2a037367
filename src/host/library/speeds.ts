import type * as vscode from 'vscode'
import { Emitter } from '../../base/event'
import { isRecord, own } from '../../base/json'
import { Disposable } from '../../base/lifecycle'

/** How fast each model wrote on this machine, remembered between sessions. */
export class Speeds extends Disposable {
  private readonly changes = this.register(new Emitter<void>())
  readonly onChange = this.changes.event
  private readonly key = 'inkling.speeds'

  constructor(private readonly memory: vscode.Memento) {
    super()
  }

  /** Tokens a second, or undefined when the model never wrote enough to tell. */
  of(folder: string): number | undefined {
    const all = this.memory.get<unknown>(this.key)
    const value = isRecord(all) ? own(all, folder) : undefined
    return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined
  }

  /** @param tokens written after the prompt was read */
  async record(folder: string, tokens: number, decodeMs: number): Promise<void> {
    if (tokens >= fewestTokens && decodeMs > 0) await this.note(folder, (tokens * 1000) / decodeMs)
  }

  async note(folder: string, tokensPerSecond: number): Promise<void> {
    const all = this.memory.get<unknown>(this.key)
    await this.memory.update(this.key, { ...(isRecord(all) ? all : {}), [folder]: tokensPerSecond })
    this.changes.fire()
  }
}

/** Fewer say more about the start than about the speed. */
const fewestTokens = 16
