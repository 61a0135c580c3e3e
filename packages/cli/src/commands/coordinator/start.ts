import { startCoordinator } from "@commonhold/coordinator/coordinator.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import type { CliContext } from "../../cli-context.ts";
import { isSupervised, runRole } from "../../roles/run-role.ts";
import { commonholdVersion } from "../../version.ts";

export interface StartCoordinatorCommandOptions {
  readonly data: string;
  readonly host?: string;
  readonly port?: number;
}

export async function startCoordinatorRole(
  context: CliContext,
  options: StartCoordinatorCommandOptions,
): Promise<void> {
  const { host, port } = options;
  const http = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
  await runRole("commonhold coordinator", async () => {
    const coordinator = await startCoordinator(
      { clock: systemClock, random: systemRandom },
      { folder: options.data, version: commonholdVersion(), env: context.env, settings: { http } },
    );
    const { url, firstAccountFile, logger } = coordinator;
    if (!isSupervised()) {
      context.output.note(
        `The coordinator is up at ${url}; its first account is in ${firstAccountFile}. Ctrl-C stops it.`,
      );
    }
    return { logger, url, stop: () => coordinator.stop() };
  });
}
