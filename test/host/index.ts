import { readdirSync } from 'node:fs'
import * as path from 'node:path'
import Mocha from 'mocha'
import { recordResults } from './results'

/** What an editor calls when it is started to run the tests of an extension. Rejects when a test failed. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000 })
  for (const name of readdirSync(__dirname).sort()) {
    if (name.endsWith('.test.js')) mocha.addFile(path.join(__dirname, name))
  }
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${failures} tests failed`))))
    recordResults(runner, process.env.INKLING_TEST_RESULTS)
  })
}
