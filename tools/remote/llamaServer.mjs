// @ts-check
/** A real server with OpenAI's completions protocol: llama-cpp-python with the model inside the extension. */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import { end, run, start } from '../lib/processes.mjs'
import { isWindows, localFolder, root } from '../lib/project.mjs'
import { say } from '../lib/say.mjs'

const here = path.join(root, 'tools/remote')
const home = path.join(localFolder, 'llama-cpp-python')

/** The server's Python packages are compiled once; another Python that has them may be named. @returns {Promise<string>} */
export async function ensurePython() {
  if (process.env.INKLING_SERVER_PYTHON) return process.env.INKLING_SERVER_PYTHON
  const python = path.join(home, 'venv', isWindows ? 'Scripts/python.exe' : 'bin/python')
  const ready = path.join(home, 'venv/ready')
  if (existsSync(ready)) return python
  say('compiling llama.cpp: this takes about ten minutes, once')
  await must(isWindows ? 'python' : 'python3', ['-m', 'venv', path.join(home, 'venv')])
  await must(python, ['-m', 'pip', 'install', '--quiet', '-r', path.join(here, 'requirements.txt')], {
    // What the tests do not need is not built, and nothing is made faster than they need it.
    CMAKE_ARGS: '-DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DGGML_OPENMP=OFF -DGGML_NATIVE=OFF -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1',
    ...process.env,
  })
  mkdirSync(ready)
  return python
}

/** The embedded model as a GGUF file. @param {string} python @returns {Promise<string>} */
export async function ensureModel(python) {
  const file = path.join(home, 'inkling.gguf')
  if (existsSync(file)) return file
  mkdirSync(home, { recursive: true })
  await must(python, [path.join(here, 'make_gguf.py'), path.join(root, 'media/model'), `${file}.part`])
  renameSync(`${file}.part`, file)
  return file
}

/**
 * @param {string} python
 * @param {string} model
 * @param {{ readonly key: string, readonly logprobs: boolean }} options
 * @returns {Promise<{ readonly url: string, stop(): Promise<void> }>}
 */
export async function startLlamaServer(python, model, { key, logprobs }) {
  const child = start(python, [
    '-m', 'llama_cpp.server', '--model', model, '--model_alias', 'inkling', '--host', '127.0.0.1', '--port', '0', '--api_key', key,
    '--n_ctx', '512', '--n_threads', '1', '--logits_all', String(logprobs), '--verbose', 'false',
  ], { stdio: ['ignore', 'pipe', 'pipe'] })
  const url = await new Promise((resolve, reject) => {
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        said += text
        const address = /running on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)
        if (address) resolve(address[1])
      })
    }
    child.on('exit', (code) => reject(new Error(`The server ended with ${code}:\n${said.slice(-2000)}`)))
  })
  return { url, stop: () => end(child) }
}

/** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env] */
async function must(command, args, env = process.env) {
  const ended = await run(command, args, { env })
  if (!ended.ok) throw new Error(`${command} ${args.slice(0, 3).join(' ')}: ${ended.reason}`)
}
