import { defineConfig } from 'vitest/config'

/** Tests against a real model server, which tools/remote/test.mjs starts; not a part of npm test, because it is compiled first. */
export default defineConfig({
  test: { include: ['test/server/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, maxWorkers: 1 },
})
