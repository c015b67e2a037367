import * as path from 'node:path'

/** Where the command line keeps models: the platform's folder for data of programs, or INKLING_LIBRARY. */
export function libraryFolder(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform, home: string): string {
  if (env.INKLING_LIBRARY) return env.INKLING_LIBRARY
  if (platform === 'win32') return path.win32.join(env.LOCALAPPDATA ?? path.win32.join(home, 'AppData', 'Local'), 'inkling', 'library')
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'inkling', 'library')
  return path.join(env.XDG_DATA_HOME ?? path.join(home, '.local', 'share'), 'inkling', 'library')
}
