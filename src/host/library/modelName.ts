/** Names the embedded model for a language while another one is the default. */
const embeddedName = 'embedded'

/** A user's choice of models, as the settings hold it. */
export interface ModelNames {
  /** Empty: the embedded one. */
  readonly byDefault: string
  readonly byLanguage: Readonly<Record<string, string>>
}

/** The model for a language, as name or folder; empty is the embedded one. */
export function modelName({ byDefault, byLanguage }: ModelNames, languageId: string | undefined): string {
  const own = languageId !== undefined && Object.hasOwn(byLanguage, languageId) ? byLanguage[languageId]?.trim() : undefined
  if (own === embeddedName) return ''
  return own === undefined || own === '' ? byDefault.trim() : own
}

/** The languages' choices after one of them has changed. @param name empty is the embedded model; undefined goes back to the default */
export function withLanguage(byLanguage: ModelNames['byLanguage'], languageId: string, name: string | undefined): ModelNames['byLanguage'] {
  const rest = Object.entries(byLanguage).filter(([language]) => language !== languageId)
  return Object.fromEntries(name === undefined ? rest : [...rest, [languageId, name === '' ? embeddedName : name]])
}
