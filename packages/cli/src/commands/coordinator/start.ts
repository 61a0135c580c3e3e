import { startCoordinator } from "@commonhold/coordinator/coordinator.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import type { CliContext } from "../../cli-context.ts";
import { isSupervised, runRole } from "../../roles/run-role.ts";
import { webFolder } from "../../roles/web-folder.ts";
import { commonholdVersion } from "../../version.ts";

export interface StartCoordinatorCommandOptions {
  readonly data: string;
  readonly host?: string;
  readonly port?: number;
  /** It is the coordinator of a network on one machine. */
  readonly trial?: boolean;
}

/** On one machine reports and audits cost nothing, and whoever tries out a node's death or rot shall not wait long. */
const TRIAL_DEFAULTS = {
  nodes: { heartbeat_interval_ms: 5_000, offline_after_s: 30 },
  audits: { interval_hours: 1 / 6 },
};

export async function startCoordinatorRole(
  context: CliContext,
  options: StartCoordinatorCommandOptions,
): Promise<void> {
  const { host, port } = options;
  const http = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
  const web = webFolder();
  await runRole("commonhold coordinator", async () => {
    const coordinator = await startCoordinator(
      { clock: systemClock, random: systemRandom },
      {
        folder: options.data,
        version: commonholdVersion(),
        env: context.env,
        settings: { http },
        ...(web === undefined ? {} : { webFolder: web }),
        ...(options.trial === true && { defaults: TRIAL_DEFAULTS }),
      },
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
