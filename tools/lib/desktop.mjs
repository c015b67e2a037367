// @ts-check
/** Finds the desktop editor. Its program is wanted, not the `code` script beside it. */
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { isWindows } from './project.mjs'

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

/** @param {readonly string[]} names @returns {string | undefined} the first of them that stands on the PATH */
export function onPath(names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => existsSync(file))
}
