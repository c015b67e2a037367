import type { Confidence } from '../../src/completion/settings'
import type { Thresholds } from './recorder'

/**
 * The text of src/completion/thresholds.ts with other thresholds in it.
 * @throws Error where it does not name each setting once
 */
export function withThresholds(source: string, chosen: Readonly<Record<Confidence, Thresholds>>): string {
  return Object.entries(chosen).reduce((text, [setting, { minFirstWord, minJoint }]) => {
    const parts = text.split(new RegExp(`(?<=\\n  ${setting}: )\\{[^}]*\\}(?=,)`))
    if (parts.length !== 2) throw new Error(`thresholds.ts names ${setting} ${parts.length - 1} times`)
    return parts.join(`{ minFirstWord: ${minFirstWord}, minJoint: ${minJoint} }`)
  }, source)
}
