import { execFile } from 'node:child_process'
import * as fs from 'node:fs/promises'
import * as os from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import type { ModelSpec } from '../protocol'

/**
 * All that a measurement depends on, as text: the model's files, how it is loaded, and the machine with its drivers. When
 * any of it changes, what was measured, and what failed, counts no more.
 * @param version Inkling's, which stands for its graphs and the runtime inside
 */
export async function setupOf(spec: ModelSpec, version: string): Promise<string> {
  const { folder, precision, threads } = spec
  return JSON.stringify({ version, model: [folder, await filesOf(folder)], precision, threads, machine: await (machine ??= describeMachine()) })
}

let machine: Promise<unknown> | undefined

/** Drivers are looked at once in a process: they change with a restart. */
async function describeMachine(): Promise<unknown> {
  const [cpu] = os.cpus()
  return { platform: `${process.platform}-${process.arch}`, release: os.release(), cpu: cpu?.model, cores: os.availableParallelism(), drivers: await drivers() }
}

/** Names, sizes and times: reading the content of what may be gigabytes would take longer than measuring. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await fs.readdir(folder, { recursive: true }).catch(() => [])
  return stamps(names.sort().map((name) => path.join(folder, name)))
}

async function stamps(files: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(files.map((file) => fs.stat(file).then((stat) => (stat.isFile() ? `${file} ${stat.size} ${stat.mtimeMs}` : ''), () => '')))
  return found.filter((stamp) => stamp !== '')
}

/** What tells one graphics driver from the next. On macOS it comes with the system, whose release is noted already. */
async function drivers(): Promise<unknown> {
  switch (process.platform) {
    case 'linux':
      return {
        nvidia: await fs.readFile('/proc/driver/nvidia/version', 'utf8').catch(() => ''),
        cards: await cards(),
        vulkan: await stamps((await Promise.all(['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'].map(list))).flat()),
        chosen: [process.env.VK_ICD_FILENAMES, process.env.VK_DRIVER_FILES],
      }
    case 'win32':
      return windowsDriverVersions()
    default:
      return undefined
  }
}

async function cards(): Promise<readonly string[]> {
  const names = (await list('/sys/class/drm')).filter((name) => /\/card\d+$/.test(name))
  return Promise.all(names.map(async (name) => (await Promise.all(['vendor', 'device'].map((part) => fs.readFile(path.join(name, 'device', part), 'utf8').catch(() => '')))).join(' ')))
}

async function list(folder: string): Promise<readonly string[]> {
  const names = await fs.readdir(folder).catch(() => [])
  return names.sort().map((name) => path.join(folder, name))
}

/** The registry's key of all display adapters; its name is the same in every Windows. */
const displayAdapters = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}'

async function windowsDriverVersions(): Promise<string> {
  // By its full path: a program of that name in the current folder must not be run instead.
  const program = path.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'reg.exe')
  const answer = await promisify(execFile)(program, ['query', displayAdapters, '/s', '/v', 'DriverVersion'], { timeout: 5000, windowsHide: true }).catch(() => undefined)
  return answer?.stdout ?? ''
}
