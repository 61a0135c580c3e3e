import { AppError } from "../app-error.ts";
import type { ErrorCode } from "../error-codes.ts";

const USUAL_RUNS = 400;

/** Parameters of fast-check's `assert`. */
interface FuzzRuns {
  readonly numRuns: number;
  readonly interruptAfterTimeLimit?: number;
  readonly seed?: number;
  readonly path?: string;
}

/**
 * How much a fuzz test does: in `npm test` a bounded number of runs, by `npm run fuzz` as many as its share of the time
 * allows. A failure prints `seed` and `path`, which `npm run fuzz` takes to run that very case again.
 * @param usual the runs of `npm test`
 */
export function fuzzRuns(usual = USUAL_RUNS): FuzzRuns {
  const [limitMs, seed, path] = [setting("LIMIT_MS"), setting("SEED"), setting("PATH")];
  return {
    ...(limitMs === undefined
      ? { numRuns: usual }
      : { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: Number(limitMs) }),
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(path !== undefined && { path }),
  };
}

/**
 * Runs a parser on whatever bytes a test made up.
 * @returns what it gave, or the AppError with which it refused
 * @throws whatever else it threw, and an AppError of a code that is not among `codes`
 */
export async function parseOrRefuse<T>(
  codes: readonly ErrorCode[],
  parse: () => T | Promise<T>,
): Promise<{ readonly parsed: T } | { readonly refusal: AppError }> {
  try {
    return { parsed: await parse() };
  } catch (error) {
    if (error instanceof AppError && codes.includes(error.code)) return { refusal: error };
    throw error;
  }
}

/** From the environment, of which this package otherwise knows nothing. */
function setting(name: string): string | undefined {
  const { process } = globalThis as { process?: { readonly env: Readonly<Record<string, string | undefined>> } };
  return process?.env[`COMMONHOLD_TEST_FUZZ_${name}`];
}
