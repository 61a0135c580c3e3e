import { createLogger, type Logger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { Registry } from "prom-client";
import { createHttpServer, type Http, type HttpOptions } from "./http-server.ts";

/** For tests: an HTTP server with everything shared and no routes yet, and the lines that it logs. */
export interface HttpFixture {
  readonly app: Http;
  readonly registry: Registry;
  readonly logLines: readonly Record<string, unknown>[];
}

const OPTIONS: HttpOptions = {
  version: "0.0.0-test",
  trustProxy: false,
  connectionsMax: 100,
  connectionsPerAddressMax: 100,
  // What tests that write their own requests call it.
  hostNames: ["x"],
  headersBytesMax: 16 * 1024,
  headersTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  keepAliveTimeoutMs: 30_000,
};

export async function createHttpFixture(options: Partial<HttpOptions> = {}): Promise<HttpFixture> {
  const { logger, logLines } = createLogFixture();
  const registry = new Registry();
  const deps = { logger, clock: systemClock, random: systemRandom, registry };
  const app = await createHttpServer(deps, { ...OPTIONS, ...options });
  return { app, registry, logLines };
}

/** For tests: a logger whose lines are kept, parsed. */
export function createLogFixture(): { readonly logger: Logger; readonly logLines: readonly Record<string, unknown>[] } {
  const logLines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => logLines.push(JSON.parse(line) as Record<string, unknown>) };
  return { logger: createLogger({ level: "debug", name: "test", destination }), logLines };
}
