import * as vscode from 'vscode'
import type { Sampling } from '../../language/sampling'
import type { Settings } from '../settings'

/** How the settings want text to be drawn. */
export function samplingFrom(settings: Settings, document: vscode.TextDocument): Sampling {
  const temperature = settings.get('temperature', document)
  const repetitionPenalty = settings.get('repetitionPenalty', document)
  if (temperature === 0) return { kind: 'greedy', repetitionPenalty }
  const seed = settings.get('seed', document)
  return {
    kind: 'sample',
    temperature,
    topK: settings.get('topK', document),
    topP: settings.get('topP', document),
    repetitionPenalty,
    seed: seed >= 0 ? seed : Math.floor(Math.random() * 2 ** 32),
  }
}

/** More text than any context holds is cut before it travels to the engine, which keeps the tail that fits. */
const maxPromptLength = 40_000

/** A prompt and what its continuation must not begin with, because it stands there already. */
export interface PreparedPrompt {
  readonly prompt: string
  readonly dropLeadingSpace: boolean
}

/**
 * GPT-2's words carry the space before them, so a prompt that ends in a space continues badly: the space is taken off
 * here, and off the continuation too.
 */
export function preparePrompt(textBefore: string): PreparedPrompt {
  const tail = textBefore.slice(-maxPromptLength)
  const prompt = tail.replace(/ +$/, '')
  return { prompt, dropLeadingSpace: prompt.length < tail.length || prompt === '' || prompt.endsWith('\n') }
}

/** Takes the leading spaces off a text that arrives in pieces. */
export function leadingSpaceDropper(active: boolean): (piece: string) => string {
  let atStart = active
  return (piece) => {
    if (!atStart) return piece
    const rest = piece.replace(/^ +/, '')
    if (rest !== '') atStart = false
    return rest
  }
}

/** The text before the caret, as far back as a prompt may need it. */
export function textBefore(document: vscode.TextDocument, position: vscode.Position): string {
  const end = document.offsetAt(position)
  const start = document.positionAt(Math.max(0, end - maxPromptLength))
  return document.getText(new vscode.Range(start, position))
}
