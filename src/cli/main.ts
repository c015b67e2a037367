#!/usr/bin/env node
import * as path from 'node:path'
import { commandLine } from './commandLine'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
// A reader that closes early (head) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, signal: interrupted.signal }
void commandLine(process.argv.slice(2), io, path.join(__dirname, '..')).then((code) => {
  process.exitCode = code
})
