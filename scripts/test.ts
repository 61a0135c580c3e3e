/**
 * `npm test`: every check and every test, also after one has failed. The last line counts them. Arguments are vitest's:
 * `npm test -- packages/chunk` runs those tests alone, without the checks.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { runChecks } from "./checks.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";
import type { TestCounts } from "./test-counts.ts";
import { toolEnvironment } from "./tool-environment.ts";

const BROKEN_RUN: TestCounts = { passed: 0, failed: 1, skipped: 0 };

/** Runs vitest in a process of its own, so that not even its crash keeps the counts from being told. */
function runTests(args: readonly string[]): Promise<TestCounts> {
  return new Promise((resolve) => {
    const program = join(import.meta.dirname, "run-vitest.ts");
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args], {
      cwd: PROJECT_FOLDER,
      env: toolEnvironment(process.env, { colours: process.stdout.isTTY }),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    let counts = BROKEN_RUN;
    child.on("message", (message) => {
      counts = message as TestCounts;
    });
    child.on("error", (error) => console.log(error.message));
    child.on("close", (code) => {
      const unexplained = code !== 0 && counts.failed === 0;
      resolve(unexplained ? { ...counts, failed: 1 } : counts);
    });
  });
}

const args = process.argv.slice(2);
const checks = args.length === 0 ? await runChecks() : { passed: 0, failed: 0 };
const tests = await runTests(args);
const failed = checks.failed + tests.failed;
if (args.length === 0) console.log(`checks  ${checks.passed} passed, ${checks.failed} failed`);
console.log(`tests   ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`);
console.log(`\n${checks.passed + tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
