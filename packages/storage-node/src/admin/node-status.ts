import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import { type Static, Type } from "typebox";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import type { DrainState } from "../drain/drain-state.ts";
import type { HeartbeatState } from "../membership/heartbeat-loop.ts";
import type { ScrubState } from "../scrub/scrub.ts";

/** The coordinator's word for a node whose replicas all stand elsewhere. */
const DRAINED = "drained";

const TimeSchema = Type.Union([Type.String(), Type.Null()]);

/** What GET /status answers. Times are ISO 8601 text, null where there is none yet. */
export const NodeStatusSchema = Type.Object({
  node_id: Type.String(),
  name: Type.String(),
  version: Type.String(),
  uptime_s: Type.Number(),
  addresses: Type.Array(Type.String()),
  coordinator: Type.Object({
    url: Type.String(),
    peer_id: Type.String(),
    last_heartbeat_at: TimeSchema,
    last_error: Type.Union([
      Type.Object({ at: Type.String(), code: Type.String(), message: Type.String() }),
      Type.Null(),
    ]),
  }),
  /** The coordinator's view of this node; null before its first answer. */
  status: Type.Union([Type.String(), Type.Null()]),
  draining: Type.Boolean(),
  draining_since: TimeSchema,
  /** After a drain: every replica stands elsewhere. */
  safe_to_stop: Type.Boolean(),
  credits: Type.Union([
    Type.Object({ earned: Type.String(), pending: Type.String(), paid: Type.String() }),
    Type.Null(),
  ]),
  storage: Type.Object({
    capacity_bytes: Type.Number(),
    used_bytes: Type.Number(),
    free_bytes: Type.Number(),
    chunk_count: Type.Number(),
  }),
  scrub: Type.Object({
    state: Type.String(),
    started_at: TimeSchema,
    finished_at: TimeSchema,
    checked: Type.Number(),
    checked_bytes: Type.Number(),
    corrupt_count: Type.Number(),
    corrupt: Type.Array(Type.String()),
    unreadable_count: Type.Number(),
    unreadable: Type.Array(Type.String()),
  }),
});

export type NodeStatus = Static<typeof NodeStatusSchema>;

export interface NodeStatusSources {
  readonly name: string;
  readonly version: string;
  readonly coordinatorUrl: string;
  readonly coordinatorPeerId: string;
  readonly uptimeS: () => number;
  readonly host: Pick<PeerHost, "peerId" | "addresses">;
  readonly store: Pick<ChunkStore, "usage">;
  readonly drain: Pick<DrainState, "isDraining" | "sinceMs">;
  readonly heartbeat: { readonly state: HeartbeatState };
  readonly scrub: { readonly state: ScrubState };
}

/** @throws AppError STORAGE_FAILURE where the disk does not say how much is free */
export async function readNodeStatus(sources: NodeStatusSources): Promise<NodeStatus> {
  const { host, drain } = sources;
  const usage = await sources.store.usage();
  const { answer, lastSuccessAtMs, lastFailure } = sources.heartbeat.state;
  return {
    node_id: host.peerId,
    name: sources.name,
    version: sources.version,
    uptime_s: sources.uptimeS(),
    addresses: [...host.addresses()],
    coordinator: {
      url: sources.coordinatorUrl,
      peer_id: sources.coordinatorPeerId,
      last_heartbeat_at: timeText(lastSuccessAtMs),
      last_error:
        lastFailure === undefined
          ? null
          : {
              at: new Date(lastFailure.atMs).toISOString(),
              code: lastFailure.error.code,
              message: lastFailure.error.message,
            },
    },
    status: answer?.status ?? null,
    draining: drain.isDraining,
    draining_since: timeText(drain.sinceMs),
    safe_to_stop: drain.isDraining && answer?.status === DRAINED,
    credits: answer === undefined ? null : creditsOf(answer.credits),
    storage: {
      capacity_bytes: usage.capacityBytes,
      used_bytes: usage.usedBytes,
      free_bytes: usage.freeBytes,
      chunk_count: usage.chunkCount,
    },
    scrub: scrubStatus(sources.scrub.state),
  };
}

function creditsOf({ earned, pending, paid }: NonNullable<NodeStatus["credits"]>): NodeStatus["credits"] {
  return { earned, pending, paid };
}

function scrubStatus(state: ScrubState): NodeStatus["scrub"] {
  return {
    state: state.kind,
    started_at: timeText(state.startedAtMs),
    finished_at: timeText(state.finishedAtMs),
    checked: state.checkedCount,
    checked_bytes: state.checkedBytes,
    corrupt_count: state.corruptCount,
    corrupt: [...state.corrupt],
    unreadable_count: state.unreadableCount,
    unreadable: [...state.unreadable],
  };
}

function timeText(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
