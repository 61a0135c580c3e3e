import { openAbsence } from "@commonhold/core/economics/absence.ts";
import type { Share } from "@commonhold/core/economics/node-earnings.ts";
import {
  clip,
  difference,
  lengthMs,
  NO_TIME,
  spansOf,
  type TimeInterval,
  type TimeSpans,
} from "@commonhold/core/economics/time-interval.ts";
import { uptimeOf } from "@commonhold/core/economics/uptime.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

type Read = Metadata["read"];

const NODES_PER_PAGE = 500;
const ABSENCES_PER_PAGE = 1_000;

export interface DayPresenceOptions {
  readonly interval: TimeInterval;
  readonly nowMs: number;
  readonly heartbeatIntervalMs: number;
  /** Lets others go first, between pages. */
  readonly pause: () => Promise<void>;
}

/** Who was there on a day. */
export interface DayPresence {
  readonly nodes: ReadonlyMap<NodeId, NodePresence>;
  /** Sorted; without the time in which no coordinator watched. */
  readonly absencesOf: (nodeId: NodeId) => TimeSpans;
}

export interface NodePresence {
  readonly uptime: Share;
  /** Whether it left for good, by its operator's will or another's. */
  readonly hasLeft: boolean;
}

/** Reads what heartbeats told of a day. */
export async function readDayPresence(read: Read, options: DayPresenceOptions): Promise<DayPresence> {
  const { interval, pause } = options;
  const gaps = await readGaps(read, interval.fromMs);
  const recorded = await readAbsences(read, options);
  const nodes = new Map<NodeId, NodePresence>();
  const absences = new Map<NodeId, TimeSpans>();
  for await (const page of nodePages(read)) {
    for (const node of page) {
      const id = node.id as NodeId;
      const { nowMs, heartbeatIntervalMs: intervalMs } = options;
      const open = openAbsence({ lastHeartbeatAtMs: node.last_heartbeat_at_ms, nowMs, intervalMs, gaps });
      const all = spansOf([...(recorded.get(id) ?? []), ...(open === undefined ? [] : [open])]);
      const uptime = uptimeOf(interval, { joinedAtMs: node.joined_at_ms, absences: all, gaps });
      nodes.set(id, { uptime, hasLeft: node.declared_state === "banned" || node.declared_state === "drained" });
      const blamed = difference(clip(all, interval), gaps);
      if (blamed.length > 0) absences.set(id, blamed);
    }
    await pause();
  }
  return { nodes, absencesOf: (nodeId) => absences.get(nodeId) ?? NO_TIME };
}

/** When no coordinator watched, from a moment on until now. */
export async function readGaps(read: Read, fromMs: number): Promise<TimeSpans> {
  const rows = await read.selectFrom("watch_gaps").selectAll().where("to_ms", ">", fromMs).execute();
  return spansOf(rows.map(({ from_ms, to_ms }) => ({ fromMs: from_ms, toMs: to_ms })));
}

async function* nodePages(read: Read) {
  let after = "";
  for (;;) {
    const page = await read
      .selectFrom("nodes")
      .select(["id", "joined_at_ms", "last_heartbeat_at_ms", "declared_state"])
      .where("id", ">", after)
      .orderBy("id")
      .limit(NODES_PER_PAGE)
      .execute();
    yield page;
    if (page.length < NODES_PER_PAGE) return;
    after = page.at(-1)!.id;
  }
}

async function readAbsences(
  read: Read,
  { interval, pause }: DayPresenceOptions,
): Promise<ReadonlyMap<NodeId, readonly TimeInterval[]>> {
  const absences = new Map<NodeId, TimeInterval[]>();
  let after = { to_ms: interval.fromMs, node_id: "", from_ms: 0 };
  for (;;) {
    const page = await read
      .selectFrom("node_absences")
      .select(["node_id", "from_ms", "to_ms"])
      .where("to_ms", ">=", after.to_ms)
      .where((eb) =>
        eb(eb.refTuple("to_ms", "node_id", "from_ms"), ">", eb.tuple(after.to_ms, after.node_id, after.from_ms)),
      )
      .orderBy("to_ms")
      .orderBy("node_id")
      .orderBy("from_ms")
      .limit(ABSENCES_PER_PAGE)
      .execute();
    for (const { node_id, from_ms, to_ms } of page) {
      const absence = { fromMs: Math.max(from_ms, interval.fromMs), toMs: Math.min(to_ms, interval.toMs) };
      if (lengthMs(absence) === 0) continue;
      const known = absences.get(node_id as NodeId);
      if (known === undefined) absences.set(node_id as NodeId, [absence]);
      else known.push(absence);
    }
    if (page.length < ABSENCES_PER_PAGE) return absences;
    after = page.at(-1)!;
    await pause();
  }
}
