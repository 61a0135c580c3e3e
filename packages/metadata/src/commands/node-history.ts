import { AppError } from "@commonhold/core/app-error.ts";
import { sql } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { endCopies } from "./end-copies.ts";
import { Id, payloadOf, RowLimit, TimeMs } from "./payload-fields.ts";
import { requireDeclaredState, setDeclaredState } from "./nodes.ts";

/**
 * A draining node holds nothing that counts any more: it may be stopped.
 * @throws AppError NODE_NOT_FOUND, CONCURRENT_CHANGE where it does not drain (any more) or something lies there
 */
export const recordDrained = defineCommand({
  name: "node.drained",
  payload: payloadOf({ id: Id }),
  apply: async (tx, p) => {
    const state = await requireDeclaredState(tx, p.id);
    if (state === "drained") return { repeated: true };
    if (state !== "draining") throw new AppError("CONCURRENT_CHANGE", `node ${p.id} does not drain: it is ${state}`);
    const held = await tx
      .selectFrom("assignments")
      .select("chunk_name")
      .where("node_id", "=", p.id)
      .where("state", "in", ["active", "leaving"])
      .limit(1)
      .executeTakeFirst();
    if (held !== undefined) {
      throw new AppError("CONCURRENT_CHANGE", `node ${p.id} is not drained: it still holds chunk ${held.chunk_name}`);
    }
    await setDeclaredState(tx, p.id, "drained");
    return { repeated: false };
  },
});

const Status = Type.String({ pattern: "^[a-z_]{1,32}$" });

/** Notes a change of a node's status, and forgets what is too old or too much of this node's history. */
export const recordNodeEvent = defineCommand({
  name: "node.event",
  payload: payloadOf({
    node_id: Id,
    at_ms: TimeMs,
    from: Status,
    to: Status,
    why: Type.String({ maxLength: 512 }),
    /** As many events of the node are kept, this one among them, */
    kept_max: Type.Integer({ minimum: 1, maximum: 10_000 }),
    /** and none that is older. */
    kept_since_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    await requireDeclaredState(tx, p.node_id);
    await tx
      .insertInto("node_events")
      .values({ node_id: p.node_id, at_ms: p.at_ms, from_status: p.from, to_status: p.to, why: p.why })
      .execute();
    await tx
      .deleteFrom("node_events")
      .where("node_id", "=", p.node_id)
      .where((eb) =>
        eb.or([
          eb("at_ms", "<", p.kept_since_ms),
          eb(
            "id",
            "<=",
            eb
              .selectFrom("node_events as kept")
              .select("kept.id")
              .where("kept.node_id", "=", p.node_id)
              .orderBy("kept.id", "desc")
              .limit(1)
              .offset(p.kept_max),
          ),
        ]),
      )
      .execute();
    return null;
  },
});

/** Forgets up to `limit` rows of a node that is gone for good: its copies first, then what it should delete. */
export const forgetNode = defineCommand({
  name: "node.forget",
  payload: payloadOf({ node_id: Id, limit: RowLimit, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const where = sql`assignments.node_id = ${p.node_id} and assignments.chunk_name in (
      select next.chunk_name from assignments as next where next.node_id = ${p.node_id}
      order by next.state, next.chunk_name limit ${p.limit}
    )`;
    await endCopies(tx, { where, nowMs: p.now_ms });
    const copies = await sql`delete from assignments where ${where}`.execute(tx);
    const forgotten = Number(copies.numAffectedRows ?? 0n);
    if (forgotten === p.limit) return { forgotten };
    const deletions = await sql`
      delete from deletions where node_id = ${p.node_id} and chunk_name in (
        select chunk_name from deletions where node_id = ${p.node_id} order by chunk_name limit ${p.limit - forgotten}
      )`.execute(tx);
    return { forgotten: forgotten + Number(deletions.numAffectedRows ?? 0n) };
  },
});
