import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@commonhold/core/clock.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { type RunningCoordinator, startCoordinator } from "./coordinator.ts";
import { createLogFixture } from "./http/http.fixture.ts";

/** For tests: a whole coordinator on free ports of this machine. */
export interface TestCoordinator extends RunningCoordinator {
  readonly folder: string;
  /** Stops it and removes its folder. */
  end(): Promise<void>;
}

export async function startTestCoordinator({
  clock = systemClock,
}: {
  readonly clock?: Clock;
} = {}): Promise<TestCoordinator> {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-coordinator-"));
  const coordinator = await startCoordinator(
    { clock, random: systemRandom },
    {
      folder,
      version: "0.0.0-test",
      logger: createLogFixture().logger,
      settings: { http: { port: 0 }, p2p: { listen: ["/ip4/127.0.0.1/tcp/0"] } },
    },
  );
  return {
    ...coordinator,
    folder,
    end: async () => {
      await coordinator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
