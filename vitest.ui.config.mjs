import { defineConfig } from 'vitest/config'

/** Tests that drive the real editor in a browser; one at a time, because each measures a machine's patience. */
export default defineConfig({
  test: {
    include: ['test/ui/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
})
