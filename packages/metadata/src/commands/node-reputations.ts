import { freshReputation, type ReputationState } from "@commonhold/core/audit/reputation.ts";
import type { Insertable, Selectable, Transaction } from "kysely";
import { prepareChange, prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";

type Row = Selectable<Tables["node_reputations"]>;

const rowOf = prepareQuery((tx, { nodeId }: { readonly nodeId: string }) =>
  tx.selectFrom("node_reputations").selectAll().where("node_id", "=", nodeId),
);

const upsertRow = prepareChange((tx, { node_id, ...columns }: Insertable<Tables["node_reputations"]>) =>
  tx
    .insertInto("node_reputations")
    .values({ node_id, ...columns })
    .onConflict((oc) => oc.column("node_id").doUpdateSet(columns)),
);

/** That of a node, which begins afresh where nothing is known of it. */
export async function loadReputation(tx: Transaction<Tables>, nodeId: string): Promise<ReputationState> {
  const [row] = await rowOf(tx, { nodeId });
  return row === undefined ? freshReputation() : toReputation(row);
}

/** What a row of `node_reputations` says. */
export function toReputation(row: Row): ReputationState {
  return {
    auditAlpha: row.audit_alpha,
    auditBeta: row.audit_beta,
    errorAlpha: row.error_alpha,
    errorBeta: row.error_beta,
    passedTotal: row.passed_total,
    firstPassedAtMs: row.first_passed_at_ms,
    vettedAtMs: row.vetted_at_ms,
    suspendedAtMs: row.suspended_at_ms,
    disqualifiedAtMs: row.disqualified_at_ms,
    closerLookUntilMs: row.closer_look_until_ms,
  };
}

export async function saveReputation(tx: Transaction<Tables>, nodeId: string, state: ReputationState): Promise<void> {
  await upsertRow(tx, {
    node_id: nodeId,
    audit_alpha: state.auditAlpha,
    audit_beta: state.auditBeta,
    error_alpha: state.errorAlpha,
    error_beta: state.errorBeta,
    passed_total: state.passedTotal,
    first_passed_at_ms: state.firstPassedAtMs,
    vetted_at_ms: state.vettedAtMs,
    suspended_at_ms: state.suspendedAtMs,
    disqualified_at_ms: state.disqualifiedAtMs,
    closer_look_until_ms: state.closerLookUntilMs,
  });
}

/** From now on it begins afresh. */
export async function forgetReputation(tx: Transaction<Tables>, nodeId: string): Promise<void> {
  await tx.deleteFrom("node_reputations").where("node_id", "=", nodeId).execute();
}

export async function isSuspended(tx: Transaction<Tables>, nodeId: string): Promise<boolean> {
  const row = await tx
    .selectFrom("node_reputations")
    .select("suspended_at_ms")
    .where("node_id", "=", nodeId)
    .executeTakeFirst();
  return row !== undefined && row.suspended_at_ms !== null;
}

export async function isDisqualified(tx: Transaction<Tables>, nodeId: string): Promise<boolean> {
  return (await loadReputation(tx, nodeId)).disqualifiedAtMs !== null;
}
