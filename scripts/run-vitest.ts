/** Runs vitest with the arguments given and tells the process that started this one what it counted. */
import { parseCLI, startVitest, type TestModule } from "vitest/node";
import { countTests, type TestFile } from "./test-counts.ts";

function toTestFile(module: TestModule): TestFile {
  const suiteErrors = [...module.children.allSuites()].flatMap((suite) => suite.errors());
  return {
    path: module.moduleId,
    states: [...module.children.allTests()].map((test) => test.result().state),
    errors: module.errors().length + suiteErrors.length,
  };
}

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, { ...options, watch: false });
const run = {
  files: vitest.state.getTestModules().map(toTestFile),
  unhandledErrors: vitest.state.getUnhandledErrors().length,
};
await vitest.close();
process.send?.(countTests(run), () => process.disconnect());
