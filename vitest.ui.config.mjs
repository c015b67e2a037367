import { defineConfig } from 'vitest/config'

/** Tests that drive the real editor in a browser; one at a time, because each measures a machine's patience. */
export default defineConfig({
  test: {
    include: ['test/ui/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
    fileParallelism: false,
    // A whole editor and a browser share the machine with the test: a click can come a moment before the editor is ready.
    retry: 2,
  },
})
