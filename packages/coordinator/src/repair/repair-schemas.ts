import Type, { type Static } from "typebox";
import { Instant, instantText } from "../http/route-schema.ts";
import { QUEUED_URGENCIES, type RepairStatus } from "./repair-status.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const orNull = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()]);
const ChunkName = Type.String({ description: "The chunk's name.", examples: ["3a".repeat(32)] });

const Brake = Type.Object(
  {
    reason: Type.Enum(["starting", "many_away"], {
      description:
        "starting: nodes have not reported yet since the coordinator's start, and nothing is repaired. many_away: more than half of the nodes went away at once, and only what is critical is repaired.",
    }),
    away: Count("Nodes that are away, or awaited."),
    nodes: Count("Of so many."),
  },
  { description: "What holds repair back." },
);

const Copy = Type.Object({
  chunk: ChunkName,
  from: orNull(Type.String({ description: "The node that gives it; null for the coordinator's own spool." })),
  to: Type.String({ description: "The node that gets it." }),
  bytes: Count("Its length."),
  since: Instant("When it began."),
});

const REASONS = {
  no_readable_copy: "No copy can be read now: it must wait for a node that has one.",
  no_node_with_room: "No node that may have it has room.",
  pinned_node_takes_nothing: "The node that it is pinned to has no room, or takes nothing.",
} as const;

export const RepairSchema = Type.Object(
  {
    state: Type.Enum(["idle", "running", "paused"], {
      description: "running: copies are being made, or are due. idle: nothing is due now.",
    }),
    brake: Type.Union([Brake, Type.Null()]),
    swept_at: orNull(Instant("When all chunks were looked through last; null before the first time.")),
    chunks: Count("Chunks that files are made of, at that time."),
    below_promise: Type.Object({
      chunks: Count("Those with fewer copies than promised."),
      by_missing: Type.Array(Type.Object({ missing: Count("Copies that they lack."), chunks: Count("How many do.") })),
      oldest_since: orNull(Instant("About since when the first of them has been so.")),
    }),
    relocating: Count("Those with enough copies, of which some are on the move."),
    queue: Type.Object({
      chunks: Count("Chunks that wait to be repaired."),
      by_urgency: Type.Object(
        Object.fromEntries(QUEUED_URGENCIES.map((urgency) => [urgency, Count(`Those ${urgency}.`)])),
      ),
      waiting: Count("Of those, the ones that wait for another try."),
    }),
    in_flight_count: Count("Copies being made now."),
    in_flight: Type.Array(Copy, { description: "Those copies. Shown to admins; empty to others." }),
    repaired: Type.Object({ copies: Count("Made since the start."), bytes: Count("Their bytes.") }),
    bytes_per_second: Type.Number({ minimum: 0, description: "Over the last minute." }),
    bytes_left: Count("Still to be copied."),
    seconds_left: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: "At that rate; null while nothing moves.",
    }),
    unrepairable: Type.Object({
      chunks: Count("Chunks that cannot be repaired now."),
      by_reason: Type.Object(
        Object.fromEntries(Object.entries(REASONS).map(([reason, description]) => [reason, Count(description)])),
      ),
      items: Type.Array(
        Type.Object({
          chunk: ChunkName,
          reason: Type.Enum(Object.keys(REASONS)),
          since: Instant("About since when it has been below its promise."),
        }),
        { description: "The first hundred. Shown to admins; empty to others." },
      ),
    }),
  },
  { description: "How repair goes." },
);

export function repairView(status: RepairStatus, options: { readonly isAdmin: boolean }): Static<typeof RepairSchema> {
  const { brake, census, queue, underWay } = status;
  const active = status.isRunning ? "running" : "idle";
  return {
    state: status.isPaused ? "paused" : active,
    brake: brake === undefined ? null : { reason: brake.kind, away: brake.away, nodes: brake.nodes },
    swept_at: census === undefined ? null : instantText(census.atMs),
    chunks: census?.total ?? 0,
    below_promise: {
      chunks: census?.below ?? 0,
      by_missing: Array.from(census?.belowByMissing ?? [], ([missing, chunks]) => ({ missing, chunks })),
      oldest_since: census?.oldestSinceMs === undefined ? null : instantText(census.oldestSinceMs),
    },
    relocating: census?.relocating ?? 0,
    queue: { chunks: queue.length, by_urgency: { ...queue.byUrgency }, waiting: queue.waiting },
    in_flight_count: underWay.length,
    in_flight: !options.isAdmin
      ? []
      : underWay.map(({ chunk, from, to, bytes, sinceMs }) => ({
          chunk,
          from: from === "kept" ? null : from,
          to,
          bytes,
          since: instantText(sinceMs),
        })),
    repaired: { copies: status.repairedCopies, bytes: status.repairedBytes },
    bytes_per_second: status.bytesPerSecond,
    bytes_left: status.bytesLeft,
    seconds_left: status.secondsLeft ?? null,
    unrepairable: {
      chunks: Object.values(status.unrepairable).reduce((sum, chunks) => sum + chunks, 0),
      by_reason: { ...status.unrepairable },
      items: !options.isAdmin
        ? []
        : status.unrepairableFirst.map(({ name, reason, sinceMs }) => ({
            chunk: name,
            reason,
            since: instantText(sinceMs),
          })),
    },
  };
}
