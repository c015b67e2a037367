/**
 * Names of files come from listings and manifests that others wrote, and are joined to a folder of the user's. A name
 * is taken only when it means the same file below that folder on every system, so that a store can move between them.
 */

/** Names that Windows gives to devices, with any extension; written to, they are no files. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/** Control characters, and what Windows does not allow in names; `:` would also name a drive or an alternate stream. */
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f\u007f<>:"|?*\\]/

/** Characters that show in another order than they stand, or not at all, so that a name looks like a different one. */
const deceptive = /[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

const longestPath = 255
const deepestFolder = 8

/** Whether `path`, with `/` between its parts, is a harmless name of a file below a folder. */
export function isSafePath(path: string): boolean {
  if (path.length === 0 || path.length > longestPath || forbidden.test(path) || deceptive.test(path)) return false
  const parts = path.split('/')
  return parts.length <= deepestFolder && parts.every(isSafeName)
}

/** Windows takes off a trailing dot or space, so such a name would be another file's. Empty parts are `//` or a leading `/`. */
function isSafeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[. ]$/.test(name) && !name.startsWith(' ') && !device.test(name)
}

/** Whether all names are harmless and stay apart where upper and lower case are one. */
export function areSafePaths(paths: readonly string[]): boolean {
  return paths.every(isSafePath) && new Set(paths.map((path) => path.normalize('NFC').toLowerCase())).size === paths.length
}
