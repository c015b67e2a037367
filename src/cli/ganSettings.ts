import { fieldNames, fields, type TrainingSettings } from '../gan/settings'
import { UsageError } from './options'

/**
 * `NAME=VALUE` pairs as settings; whether the values are within their bounds is for `parseSettings` to say.
 * @throws UsageError for a name that no setting has, or a value that is not even of the right kind
 */
export function parseAssignments(assignments: readonly string[]): Partial<TrainingSettings> {
  return Object.fromEntries(assignments.map((assignment) => {
    const at = assignment.indexOf('=')
    const name = fieldNames.find((field) => field === assignment.slice(0, at))
    if (at < 0 || name === undefined) throw new UsageError(`--set ${assignment}: give NAME=VALUE, NAME one of ${fieldNames.join(', ')}`)
    return [name, parseValue(name, assignment.slice(at + 1))]
  }))
}

function parseValue(name: keyof TrainingSettings, text: string): number | boolean | number[] {
  switch (fields[name].kind) {
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true'
      throw new UsageError(`--set ${name} must be true or false, not ${text}`)
    case 'widths':
      return text.split(',').map((part) => parseNumber(name, part))
    case 'integer':
    case 'number':
      return parseNumber(name, text)
  }
}

function parseNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || Number.isNaN(value)) throw new UsageError(`--set ${name} must be a number, not ${text}`)
  return value
}
