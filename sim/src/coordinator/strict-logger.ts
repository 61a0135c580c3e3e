import { hasCode } from "@commonhold/core/app-error.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";

/** What is expected of a network that fails is no failure; anything else is. */
export function settle(world: SimulatedWorld, work: Promise<unknown>, message: string): void {
  work.catch((error: unknown) => {
    if (!isExpected(error)) world.fail("error", message, { cause: error });
  });
}

function isExpected(error: unknown): boolean {
  return hasCode(error, "NODE_UNREACHABLE", "TIMEOUT", "CONCURRENT_CHANGE", "CHUNK_NOT_FOUND", "NOT_ENOUGH_NODES");
}

/** For production code: an error that no fault explains ends the run. */
export function strictLogger(world: SimulatedWorld) {
  const silent = (): void => undefined;
  return {
    info: silent,
    warn: silent,
    error: (fields: unknown, text?: string) => {
      const error = (fields as { readonly err?: unknown }).err;
      if (!isExpected(error)) world.fail("error", text ?? "an error was logged", { cause: error });
    },
  };
}
