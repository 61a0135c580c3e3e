import { freshReputation, type ReputationState, reliabilityOf } from "@commonhold/core/audit/reputation.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { DAY_MS, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { toReputation } from "@commonhold/metadata/commands/node-reputations.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

/** Days of uptime that count. */
const UPTIME_DAYS = 30;

/** What a node's audits and its uptime say of it. */
export interface NodeReputation {
  readonly state: ReputationState;
  /** Of the last 30 settled days, from 0 to 1; 1 where there is none yet. */
  readonly onlineShare: number;
  /** 0 (never there) to 1 (always there and right): what placement goes by. */
  readonly reliability: number;
}

const FRESH = reputationOf(freshReputation(), 1);

/** The reputations as they were last read. A node without one begins afresh. */
export class NodeReputations {
  readonly #metadata: Pick<Metadata, "read">;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #known = new Map<NodeId, NodeReputation>();

  constructor(metadata: Pick<Metadata, "read">, clock: Pick<Clock, "nowMs">) {
    this.#metadata = metadata;
    this.#clock = clock;
  }

  of(nodeId: NodeId): NodeReputation {
    return this.#known.get(nodeId) ?? FRESH;
  }

  /** Reads them anew: of one node, or of all. */
  async read(nodeId?: NodeId): Promise<void> {
    const states = await this.#readStates(nodeId);
    const shares = await this.#readOnlineShares(nodeId);
    if (nodeId === undefined) this.#known.clear();
    else this.#known.delete(nodeId);
    for (const id of new Set([...states.keys(), ...shares.keys()])) {
      this.#known.set(id, reputationOf(states.get(id) ?? freshReputation(), shares.get(id) ?? 1));
    }
  }

  async #readStates(nodeId: NodeId | undefined): Promise<ReadonlyMap<NodeId, ReputationState>> {
    const all = this.#metadata.read.selectFrom("node_reputations").selectAll();
    const rows = await (nodeId === undefined ? all : all.where("node_id", "=", nodeId)).execute();
    return new Map(rows.map((row) => [row.node_id as NodeId, toReputation(row)]));
  }

  async #readOnlineShares(nodeId: NodeId | undefined): Promise<ReadonlyMap<NodeId, number>> {
    const since = utcDayOf(Math.max(0, this.#clock.nowMs() - UPTIME_DAYS * DAY_MS));
    const all = this.#metadata.read
      .selectFrom("node_days")
      .select((eb) => [
        "node_id",
        eb.fn.sum<number>("observed_ms").as("observed"),
        eb.fn.sum<number>("online_ms").as("online"),
      ])
      .where("day", ">=", since)
      .where("settled_at_ms", "is not", null)
      .groupBy("node_id");
    const rows = await (nodeId === undefined ? all : all.where("node_id", "=", nodeId)).execute();
    return new Map(
      rows.filter(({ observed }) => observed > 0).map((row) => [row.node_id as NodeId, row.online / row.observed]),
    );
  }
}

function reputationOf(state: ReputationState, onlineShare: number): NodeReputation {
  return { state, onlineShare, reliability: reliabilityOf(state, onlineShare) };
}
