// Test projects: unit and chapters by `test`, the others by their own scripts.
import { defineConfig } from "vitest/config"

const exclude = ["**/node_modules/**", "**/.cache/**"]

export default defineConfig({
  // One graphql in a process, the one that Node gives its users: its errors know each other by class.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ["{apps,libs}/*/src/**/*.test.ts", "docs/chapters/*.test.ts", "bench/**/*.test.ts", "test/**/*.test.ts"],
    exclude,
    pool: "forks",
    // A test that fails now and then is a bug with a name, on CI's machines too.
    retry: 0,
    maxWorkers: 2
  }
})
