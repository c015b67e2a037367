import * as vscode from 'vscode'
import { Disposable } from '../base/lifecycle'
import type { WritingEngine } from './engineHost'
import type { Reporter } from './reporter'
import type { Settings } from './settings'
import type { Suggestions } from './suggestionSettings'

/** Loads the model when a document comes into view that will want suggestions, so that the first is as quick as the rest. */
export class WarmUp extends Disposable {
  constructor(
    private readonly engine: WritingEngine,
    private readonly suggestions: Suggestions,
    private readonly reporter: Reporter,
    settings: Settings,
  ) {
    super()
    this.register(vscode.window.onDidChangeActiveTextEditor(() => this.warm()))
    this.register(settings.onChange(() => this.warm()))
    this.warm()
  }

  private warm(): void {
    const document = vscode.window.activeTextEditor?.document
    if (!document || this.suggestions.mode(document) !== 'on') return
    this.engine.call('load', {}, { languageId: document.languageId }).catch((error: unknown) => this.reporter.tellOnce(error))
  }
}
