import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCoordinator } from "@commonhold/coordinator/coordinator.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import type { ApiDocument } from "./api-types.ts";

/** The API's own document, from a coordinator that is started for it. */
export async function readApiDocument(): Promise<ApiDocument> {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-api-"));
  try {
    const coordinator = await startCoordinator(
      { clock: systemClock, random: systemRandom },
      {
        folder,
        version: "0.0.0",
        settings: { http: { port: 0 } },
        logger: createLogger({ level: "silent", name: "api-document" }),
      },
    );
    try {
      const answer = await fetch(`${coordinator.url}/openapi.json`);
      return (await answer.json()) as ApiDocument;
    } finally {
      await coordinator.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
