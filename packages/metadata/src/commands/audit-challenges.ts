import { AppError } from "@commonhold/core/app-error.ts";
import { type Insertable, sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { ChallengeId, ChunkNameText, Day, Id, payloadOf, RowLimit, TimeMs } from "./payload-fields.ts";

/** How many challenges one command takes. */
export const CHALLENGES_MAX = 64;
/** How many chunks one challenge asks for. */
export const CHALLENGED_CHUNKS_MAX = 20;

const Challenge = Type.Object(
  {
    id: ChallengeId,
    node_id: Id,
    day: Day,
    window: Type.Integer({ minimum: 0 }),
    number: Type.Integer({ minimum: 0 }),
    selection_id: ChallengeId,
    attempt: Type.Integer({ minimum: 1, maximum: 100 }),
    leaf_count: Type.Integer({ minimum: 1, maximum: 65_536 }),
    difficulty: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    chunk_names: Type.Array(ChunkNameText, { minItems: 1, maxItems: CHALLENGED_CHUNKS_MAX }),
    issued_at_ms: TimeMs,
    deadline_at_ms: TimeMs,
  },
  { additionalProperties: false },
);

const insertChallenge = prepareChange(
  (
    tx,
    challenge: Omit<
      Insertable<Tables["audit_challenges"]>,
      "settled_at_ms" | "outcomes" | "is_final" | "is_passed" | "duration_ms" | "node_us" | "detail"
    >,
  ) =>
    tx
      .insertInto("audit_challenges")
      .values(challenge as Insertable<Tables["audit_challenges"]>)
      .onConflict((oc) => oc.column("id").doNothing()),
);

/**
 * Records challenges, before they are sent. What is recorded already stays as it is.
 * @throws AppError NODE_NOT_FOUND
 */
export const issueAudits = defineCommand({
  name: "audit.issue",
  payload: payloadOf({ challenges: Type.Array(Challenge, { minItems: 1, maxItems: CHALLENGES_MAX }) }),
  apply: async (tx, p) => {
    await requireNodes(tx, new Set(p.challenges.map((challenge) => challenge.node_id)));
    let issued = 0n;
    for (const { chunk_names, ...challenge } of p.challenges) {
      issued += await insertChallenge(tx, { ...challenge, chunk_names: Buffer.from(chunk_names.join(""), "hex") });
    }
    return { issued: Number(issued) };
  },
});

async function requireNodes(tx: Transaction<Tables>, ids: ReadonlySet<string>): Promise<void> {
  const known = await tx
    .selectFrom("nodes")
    .select("id")
    .where("id", "in", [...ids])
    .execute();
  const knownIds = new Set(known.map((node) => node.id));
  for (const id of ids) {
    if (!knownIds.has(id)) throw new AppError("NODE_NOT_FOUND", `there is no node ${id}: it cannot be audited`);
  }
}

/** Forgets up to `limit` challenges: those that were passed, oldest first, then all others. */
export const purgeAudits = defineCommand({
  name: "audit.purge",
  payload: payloadOf({ passed_before_ms: TimeMs, others_before_ms: TimeMs, limit: RowLimit }),
  apply: async (tx, p) => {
    const passed = await purge(tx, { isPassed: 1, beforeMs: p.passed_before_ms, limit: p.limit });
    const others = await purge(tx, { isPassed: 0, beforeMs: p.others_before_ms, limit: p.limit - passed });
    return { purged: passed + others };
  },
});

async function purge(
  tx: Transaction<Tables>,
  terms: { readonly isPassed: 0 | 1; readonly beforeMs: number; readonly limit: number },
): Promise<number> {
  if (terms.limit === 0) return 0;
  const deleted = await sql`
    delete from audit_challenges where id in (
      select id from audit_challenges where is_passed = ${terms.isPassed} and issued_at_ms < ${terms.beforeMs}
      order by issued_at_ms, id limit ${terms.limit}
    )`.execute(tx);
  return Number(deleted.numAffectedRows ?? 0n);
}
