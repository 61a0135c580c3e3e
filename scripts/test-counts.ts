/** What vitest found, as far as counting needs it. */
export interface TestRun {
  readonly files: readonly TestFile[];
  /** Errors outside of any test, such as a rejection that nobody handled. */
  readonly unhandledErrors: number;
}

export interface TestFile {
  readonly path: string;
  readonly states: readonly ("passed" | "failed" | "skipped" | "pending")[];
  /** Of the file and its suites themselves: an import or a hook that failed. */
  readonly errors: number;
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts tests so that nothing wrong can look right: a file that failed outside of its tests, a file without tests,
 * an unhandled error, a test that never ended and a run without any test are failures of their own.
 */
export function countTests(run: TestRun): TestCounts {
  const states = run.files.flatMap((file) => file.states);
  const count = (state: TestFile["states"][number]) => states.filter((each) => each === state).length;
  const brokenFiles = run.files.filter((file) => file.errors > 0 || file.states.length === 0).length;
  const nothingRan = states.length === 0 && brokenFiles === 0 ? 1 : 0;
  return {
    passed: count("passed"),
    failed: count("failed") + count("pending") + brokenFiles + run.unhandledErrors + nothingRan,
    skipped: count("skipped"),
  };
}
