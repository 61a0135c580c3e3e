/**
 * `npm run fuzz -- --minutes 10`: the fuzz tests (`*.fuzz.test.ts`) for longer than `npm test` has time for. They share
 * the minutes evenly. Paths narrow it down to some files. A failure prints a seed and a path, which run the same case
 * again: `npm run fuzz -- packages/wire/src/frame.fuzz.test.ts --test "part of its name" --seed S --path P`.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { createVitest, startVitest } from "vitest/node";
import { PROJECT_FOLDER } from "./run-tool.ts";

const MINUTE_MS = 60_000;
const MINUTES_USUAL = 5;
/** Beyond its share of the time, for a test's last run and for making a failing case smaller. */
const TEST_GRACE_MS = 10 * MINUTE_MS;

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: String(MINUTES_USUAL) },
    seed: { type: "string" },
    path: { type: "string" },
    test: { type: "string" },
  },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is no number of minutes`);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
if (!Number.isInteger(seed)) throw new Error(`--seed ${values.seed} is no whole number`);

const filters = positionals.length > 0 ? positionals : [".fuzz.test.ts"];
const testNamePattern = values.test?.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const options = {
  root: PROJECT_FOLDER,
  watch: false,
  ...(testNamePattern !== undefined && { testNamePattern }),
};

/** Every fuzz test is one property, and takes its time whatever it tests. */
async function countProperties(): Promise<number> {
  const vitest = await createVitest("test", options);
  const { testModules } = await vitest.collect(filters, { staticParse: false });
  const tests = testModules.flatMap((module) => [...module.children.allTests()]);
  await vitest.close();
  const wanted = testNamePattern === undefined ? undefined : new RegExp(testNamePattern);
  return tests.filter((test) => wanted?.test(test.fullName.replaceAll(" > ", " ")) ?? true).length;
}

const properties = await countProperties();
const limitMs = Math.ceil((minutes * MINUTE_MS * availableParallelism()) / Math.max(1, properties));
const extent = values.path === undefined ? `${(limitMs / 1000).toFixed(1)} s each` : "that one case";
console.log(`${properties} properties, ${extent}, seed ${seed}`);
process.env["COMMONHOLD_TEST_FUZZ_SEED"] = String(seed);
if (values.path === undefined) process.env["COMMONHOLD_TEST_FUZZ_LIMIT_MS"] = String(limitMs);
else process.env["COMMONHOLD_TEST_FUZZ_PATH"] = values.path;
const vitest = await startVitest("test", filters, {
  ...options,
  testTimeout: limitMs + TEST_GRACE_MS,
  maxWorkers: availableParallelism(),
});
await vitest.close();
