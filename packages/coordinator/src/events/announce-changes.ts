import type { JobRegistry } from "../jobs/job-registry.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";
import type { RepairService } from "../repair/repair-service.ts";
import type { EventHub } from "./event-hub.ts";
import { ADMINS, EVERYONE } from "./live-event.ts";

export interface ChangingParts {
  readonly directory: Pick<NodeDirectory, "onStatusChanged">;
  readonly jobs: Pick<JobRegistry, "onChanged">;
  readonly repair: Pick<RepairService, "onChanged">;
}

/** Announces what changes in memory: how nodes stand, what jobs do, how far repair is. */
export function announceChanges(parts: ChangingParts, events: Pick<EventHub, "announce">): void {
  parts.directory.onStatusChanged(({ nodeId }) =>
    events.announce({ topic: "nodes", audience: EVERYONE, ids: [nodeId] }),
  );
  parts.jobs.onChanged((name) => events.announce({ topic: "jobs", audience: ADMINS, ids: [name] }));
  // Which chunks are repaired is not everybody's to know.
  parts.repair.onChanged(() => events.announce({ topic: "repair", audience: EVERYONE, ids: [] }));
}
