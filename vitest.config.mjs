import { defineConfig } from 'vitest/config'

/** As the bundler does: a Python file is its text. */
const pythonAsText = {
  name: 'python-as-text',
  /** @param {string} code @param {string} id */
  transform: (code, id) => (id.endsWith('.py') ? `export default ${JSON.stringify(code)}` : undefined),
}

export default defineConfig({
  plugins: [pythonAsText],
  test: {
    include: ['test/unit/**/*.test.ts', 'test/reference/**/*.test.ts'],
    // Reference tests run real models; a slow machine is not a failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
