import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import { type Static, Type } from "typebox";
import type { ChunkStore, StoreUsage } from "../chunk-store/chunk-store.ts";
import type { EvictionSetting } from "../config/node-config.ts";
import type { DrainState } from "../drain/drain-state.ts";
import { describeEviction } from "../eviction/describe-eviction.ts";
import type { EvictionState } from "../eviction/evictor.ts";
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
  /** While the node is being emptied, as the coordinator sees it: what others do not hold in its place yet. */
  drain: Type.Union([
    Type.Object({
      chunks_left: Type.Number(),
      bytes_left: Type.Number(),
      waiting: Type.Array(Type.Object({ reason: Type.String(), chunks: Type.Number() })),
    }),
    Type.Null(),
  ]),
  /** After a drain: every replica stands elsewhere. */
  safe_to_stop: Type.Boolean(),
  credits: Type.Union([
    Type.Object({ earned: Type.String(), pending: Type.String(), paid: Type.String() }),
    Type.Null(),
  ]),
  storage: Type.Object({
    capacity_bytes: Type.Number(),
    used_bytes: Type.Number(),
    /** What still fits of others' chunks. */
    free_bytes: Type.Number(),
    /** What still fits of the operator's own. */
    free_bytes_own: Type.Number(),
    /** Of what is used: the operator's own. */
    own_bytes: Type.Number(),
    /** What has to go, as more is held than may be. */
    wanted_free_bytes: Type.Number(),
    chunk_count: Type.Number(),
    /** Found to be damaged; not served. */
    damaged_count: Type.Number(),
    /** Found to be damaged or missing; the coordinator was not told yet. */
    unreported_losses: Type.Number(),
  }),
  eviction: Type.Object({
    strategy: Type.String(),
    state: Type.String(),
    released_bytes: Type.Number(),
    released_count: Type.Number(),
    /** What other nodes take over first; null where the coordinator did not say. */
    leaving_bytes: Type.Union([Type.Number(), Type.Null()]),
    checked_at: TimeSchema,
    last_error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
    /** All of this in words. */
    summary: Type.String(),
  }),
  scrub: Type.Object({
    state: Type.String(),
    started_at: TimeSchema,
    finished_at: TimeSchema,
    /** 0 … 1. */
    progress: Type.Number(),
    checked: Type.Number(),
    checked_bytes: Type.Number(),
    corrupt_count: Type.Number(),
    corrupt: Type.Array(Type.String()),
    missing_count: Type.Number(),
    missing: Type.Array(Type.String()),
    unreadable_count: Type.Number(),
    unreadable: Type.Array(Type.String()),
    /** Chunks that were there and not in the index. */
    found_count: Type.Number(),
    last_full_at: TimeSchema,
    next_at: TimeSchema,
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
  readonly eviction: { readonly setting: EvictionSetting; readonly state: EvictionState };
}

/** @throws AppError STORAGE_FAILURE where the disk does not say how much is free */
export async function readNodeStatus(sources: NodeStatusSources): Promise<NodeStatus> {
  const { host, drain } = sources;
  const usage = await sources.store.usage();
  const { answer, lastSuccessAtMs, lastFailure } = sources.heartbeat.state;
  const progress = drainProgress(drain, sources.heartbeat.state);
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
    drain: progress === null ? null : drainView(progress),
    safe_to_stop: progress?.safe_to_stop ?? isDrained(drain, sources.heartbeat.state),
    credits: answer === undefined ? null : creditsOf(answer.credits),
    storage: storageStatus(usage),
    eviction: evictionStatus(sources.eviction, usage),
    scrub: scrubStatus(sources.scrub.state),
  };
}

type DrainSource = NodeStatusSources["drain"];

/** Whether the latest answer was given to a node that was draining already: one from before says nothing. */
function answeredSinceDrain({ sinceMs }: DrainSource, { lastSuccessAtMs }: HeartbeatState): boolean {
  return sinceMs !== undefined && lastSuccessAtMs !== undefined && lastSuccessAtMs >= sinceMs;
}

function drainProgress(drain: DrainSource, heartbeat: HeartbeatState) {
  return answeredSinceDrain(drain, heartbeat) ? (heartbeat.answer?.drain ?? null) : null;
}

function drainView(progress: NonNullable<ReturnType<typeof drainProgress>>): NodeStatus["drain"] {
  const { chunks_left, bytes_left, waiting = [] } = progress;
  return { chunks_left, bytes_left, waiting: [...waiting] };
}

/** What a coordinator that tells no progress says. */
function isDrained(drain: DrainSource, heartbeat: HeartbeatState): boolean {
  return answeredSinceDrain(drain, heartbeat) && heartbeat.answer?.status === DRAINED;
}

function storageStatus(usage: StoreUsage): NodeStatus["storage"] {
  return {
    capacity_bytes: usage.capacityBytes,
    used_bytes: usage.usedBytes,
    free_bytes: usage.freeBytes,
    free_bytes_own: usage.freeBytesOwn,
    own_bytes: usage.ownBytes,
    wanted_free_bytes: usage.wantedFreeBytes,
    chunk_count: usage.chunkCount,
    damaged_count: usage.damagedCount,
    unreported_losses: usage.lossCount,
  };
}

function evictionStatus({ setting, state }: NodeStatusSources["eviction"], usage: StoreUsage): NodeStatus["eviction"] {
  return {
    strategy: setting,
    state: state.kind,
    released_bytes: state.releasedBytes,
    released_count: state.releasedCount,
    leaving_bytes: state.leavingBytes ?? null,
    checked_at: timeText(state.checkedAtMs),
    last_error: state.error === undefined ? null : { code: state.error.code, message: state.error.message },
    summary: describeEviction(state, usage),
  };
}

function creditsOf({ earned, pending, paid }: NonNullable<NodeStatus["credits"]>): NodeStatus["credits"] {
  return { earned, pending, paid };
}

function scrubStatus({ findings, ...state }: ScrubState): NodeStatus["scrub"] {
  return {
    state: state.kind,
    started_at: timeText(state.startedAtMs),
    finished_at: timeText(state.finishedAtMs),
    progress: state.progress,
    ...findings,
    last_full_at: timeText(state.last?.finished_at_ms),
    next_at: timeText(state.nextAtMs),
  };
}

function timeText(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
