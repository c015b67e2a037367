// @ts-check
/** Finds the desktop editor and gives it a profile. Its program is wanted, not the `code` script beside it. */
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isWindows } from './project.mjs'
import { calmSettings } from './server.mjs'

/** From the real place of the `code` script to the program. */
const programs = {
  darwin: ['../../../../MacOS/Electron'],
  win32: ['../../Code.exe'],
  linux: ['../../code'],
}

/** A snap's `code` is a link to snap itself. */
const snap = '/snap/code/current/usr/share/code/code'

/** Whether a window can open at all. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY)
}

/** @returns {string | undefined} the program of the desktop editor on this machine */
export function desktopEditor() {
  const named = process.env.VSCODE_EXECUTABLE
  if (named !== undefined) return named
  const script = onPath(isWindows ? ['code.cmd'] : ['code'])
  if (script === undefined) return undefined
  const places = process.platform === 'darwin' || process.platform === 'win32' ? programs[process.platform] : programs.linux
  const real = realpathSync(script)
  return [...places.map((place) => path.resolve(real, place)), snap].find((file) => existsSync(file))
}

/**
 * A profile of its own: an instance apart from the user's, which may be ended and has no other assistant in it.
 * @param {string} folder a short path, because the editor's socket lies in it
 * @returns {readonly string[]} the arguments that choose it
 */
export function freshProfile(folder) {
  mkdirSync(path.join(folder, 'User'), { recursive: true })
  writeFileSync(path.join(folder, 'User/settings.json'), JSON.stringify(calmSettings, undefined, 2))
  return [
    `--user-data-dir=${folder}`, `--extensions-dir=${path.join(folder, 'extensions')}`, '--disable-workspace-trust', '--skip-welcome',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), // the editor refuses to run as root otherwise
  ]
}

/** @param {readonly string[]} names @returns {string | undefined} the first of them that stands on the PATH */
export function onPath(names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => existsSync(file))
}
