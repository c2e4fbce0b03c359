// Scripts: what each `npm run` name does, in order. `program:NAME` is one of the product's programs, bundled where that can be.

const check = [
  ["biome", "check", "--error-on-warnings"],
  ["tsc", "--noEmit", "-p", "tsconfig.json"],
  ["effect-tsgo", "diagnostics", "--project", "tsconfig.sources.json", "--strict", "--format", "text"],
  ["knip"],
  ["vitest", "run", "test/architecture.test.ts", "test/component-contract.test.ts", "test/pictures.test.ts"]
]
const docs = [["node", "scripts/reference.ts"]]

export const scripts = {
  start: { needsNats: true, commands: [["node", "program:tailrace", "up"]] },
  tailrace: { needsNats: false, commands: [["node", "program:tailrace"]] },
  collector: { needsNats: false, commands: [["node", "program:collector"]] },
  processor: { needsNats: false, commands: [["node", "program:processor"]] },
  api: { needsNats: false, commands: [["node", "program:api"]] },
  test: { needsNats: true, commands: [["vitest", "run"]] },
  check: { needsNats: false, commands: check },
  "test:integration": { needsNats: true, commands: [["vitest", "run", "integration"]] },
  "test:e2e": { needsNats: true, commands: [["vitest", "run", "test/e2e"]] },
  "test:attacks": { needsNats: true, commands: [["vitest", "run", "test/attacks"]] },
  "test:simulate": { needsNats: false, commands: [["node", "test/simulation/main.ts"]] },
  "test:chaos": { needsNats: true, commands: [["node", "scripts/chaos.ts"]] },
  "supply-chain": { needsNats: false, commands: [["node", "scripts/supply-chain.ts"]] },
  score: { needsNats: false, commands: [["node", "scripts/score.ts"]] },
  bench: { needsNats: true, commands: [["node", "bench/main.ts"]] },
  docs: { needsNats: false, commands: docs },
  verify: { needsNats: true, commands: [["node", "scripts/verify.mjs"]] }
}
