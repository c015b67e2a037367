// @ts-check
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Keeps what a server leaves that went with a failure.
 * @param {string} folder where to @param {string} data the server's folder @param {string} log
 */
export function keepEvidence(folder, data, log) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'server.log'), log)
  const logs = path.join(data, 'data/logs')
  if (existsSync(logs)) cpSync(logs, path.join(folder, 'logs'), { recursive: true })
}
