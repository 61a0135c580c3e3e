import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import Type, { type Static } from "typebox";
import { defineCommand } from "../command.ts";
import type { NodeDeclaredState, Tables } from "../tables.ts";
import { ActionNote, noteAction } from "./admin-actions.ts";
import { consumeJoinToken } from "./join-tokens.ts";
import { forgetReputation, isDisqualified, isSuspended } from "./node-reputations.ts";
import { ByteCount, Id, Name, payloadOf, SecretHash, TimeMs } from "./payload-fields.ts";
import { Interval, recordAbsences } from "./uptime.ts";

const Addresses = Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { maxItems: 64 });
const Labels = Type.Record(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" }), Type.String({ maxLength: 256 }), {
  additionalProperties: false,
  maxProperties: 32,
});
const Version = Type.String({ maxLength: 64 });

const Registration = payloadOf({
  id: Id,
  name: Name,
  api_key_hash: SecretHash,
  join_token_hash: SecretHash,
  addresses: Addresses,
  labels: Labels,
  capacity_bytes: ByteCount,
  used_bytes: ByteCount,
  free_bytes: ByteCount,
  version: Version,
  now_ms: TimeMs,
});

/**
 * Lets a node in, at the price of one use of a join token. The same id again, with a token of the same operator, gets
 * the new API key and keeps the time when it joined and the state that it declared.
 * @throws AppError INVALID_JOIN_TOKEN, NODE_NAME_TAKEN, FORBIDDEN for another operator's token, NOT_A_MEMBER when banned
 */
export const registerNode = defineCommand({
  name: "node.register",
  payload: Registration,
  apply: async (tx, p) => {
    const operatorId = await consumeJoinToken(tx, p.join_token_hash, p.now_ms);
    const existing = await tx
      .selectFrom("nodes")
      .select(["operator_id", "declared_state", "joined_at_ms"])
      .where("id", "=", p.id)
      .executeTakeFirst();
    if (existing?.declared_state === "banned") throw bannedNode(p.id);
    if (existing !== undefined && existing.operator_id !== operatorId) {
      throw new AppError("FORBIDDEN", `node ${p.id} belongs to another operator: use a join token of that one`);
    }
    await refuseTakenName(tx, p.name, p.id);
    const declared = declaredColumns(p);
    if (existing === undefined) {
      await tx
        .insertInto("nodes")
        .values({
          ...declared,
          id: p.id,
          operator_id: operatorId,
          declared_state: "joining",
          chunk_count: 0,
          joined_at_ms: p.now_ms,
        })
        .execute();
      return { joined_at_ms: p.now_ms, repeated: false };
    }
    await tx.updateTable("nodes").set(declared).where("id", "=", p.id).execute();
    return { joined_at_ms: existing.joined_at_ms, repeated: true };
  },
});

/**
 * What a node says of itself. A node that drains stays `drained` once it is, and one that is disqualified and not banned
 * drains whatever it says.
 * @throws AppError NODE_NOT_FOUND, NOT_A_MEMBER when banned
 */
export const recordHeartbeat = defineCommand({
  name: "node.heartbeat",
  payload: payloadOf({
    id: Id,
    addresses: Addresses,
    capacity_bytes: ByteCount,
    used_bytes: ByteCount,
    free_bytes: ByteCount,
    chunk_count: Type.Integer({ minimum: 0 }),
    draining: Type.Boolean(),
    version: Version,
    /** When it was not heard of since the heartbeat before; time in which nobody watched is not among it. */
    absent: Type.Optional(Type.Array(Interval, { maxItems: 2 })),
    now_ms: TimeMs,
  }),
  apply: async (tx, p): Promise<{ readonly declared_state: NodeDeclaredState }> => {
    const previous = await requireDeclaredState(tx, p.id);
    if (previous === "banned") throw bannedNode(p.id);
    const hasLeft = previous === "draining" || previous === "drained";
    const mustDrain = p.draining || (hasLeft && (await isDisqualified(tx, p.id)));
    const drainState = previous === "drained" ? "drained" : "draining";
    const declaredState = mustDrain ? drainState : "active";
    await tx
      .updateTable("nodes")
      .set({
        addresses: JSON.stringify(p.addresses),
        capacity_bytes: p.capacity_bytes,
        used_bytes: p.used_bytes,
        free_bytes: p.free_bytes,
        chunk_count: p.chunk_count,
        version: p.version,
        declared_state: declaredState,
        last_heartbeat_at_ms: p.now_ms,
      })
      .where("id", "=", p.id)
      .execute();
    await recordAbsences(tx, p.id, p.absent ?? []);
    return { declared_state: declaredState };
  },
});

/** @throws AppError NODE_NOT_FOUND */
export const banNode = defineCommand({
  name: "node.ban",
  payload: payloadOf({ id: Id, note: Type.Optional(ActionNote) }),
  apply: async (tx, p) => {
    await requireDeclaredState(tx, p.id);
    await setDeclaredState(tx, p.id, "banned");
    await noteAction(tx, p.note, { kind: "node", id: p.id });
    return null;
  },
});

/**
 * Lets a banned node in again: it is `joining` until its next heartbeat, and its reputation begins afresh. The latter
 * also for a suspended node, which has no other way back once it holds nothing that it could be audited for, and for one
 * that was given up. Any other node stays as it is.
 * @throws AppError NODE_NOT_FOUND
 */
export const unbanNode = defineCommand({
  name: "node.unban",
  payload: payloadOf({ id: Id, note: Type.Optional(ActionNote) }),
  apply: async (tx, p) => {
    const isBanned = (await requireDeclaredState(tx, p.id)) === "banned";
    if (isBanned) await setDeclaredState(tx, p.id, "joining");
    if (isBanned || (await isSuspended(tx, p.id))) await forgetReputation(tx, p.id);
    await noteAction(tx, p.note, { kind: "node", id: p.id });
    return null;
  },
});

function declaredColumns(p: Static<typeof Registration>) {
  return {
    name: p.name,
    api_key_hash: p.api_key_hash,
    addresses: JSON.stringify(p.addresses),
    labels: JSON.stringify(p.labels),
    capacity_bytes: p.capacity_bytes,
    used_bytes: p.used_bytes,
    free_bytes: p.free_bytes,
    version: p.version,
    last_heartbeat_at_ms: p.now_ms,
  };
}

async function refuseTakenName(tx: Transaction<Tables>, name: string, id: string): Promise<void> {
  const other = await tx.selectFrom("nodes").select("id").where("name", "=", name).executeTakeFirst();
  if (other !== undefined && other.id !== id) {
    throw new AppError("NODE_NAME_TAKEN", `another node is called "${name}": choose another name`);
  }
}

/** @throws AppError NODE_NOT_FOUND, NOT_A_MEMBER when banned */
export async function requireMember(tx: Transaction<Tables>, id: string): Promise<void> {
  if ((await requireDeclaredState(tx, id)) === "banned") throw bannedNode(id);
}

/** @throws AppError NODE_NOT_FOUND */
export async function requireDeclaredState(tx: Transaction<Tables>, id: string): Promise<NodeDeclaredState> {
  const node = await tx.selectFrom("nodes").select("declared_state").where("id", "=", id).executeTakeFirst();
  if (node === undefined) throw new AppError("NODE_NOT_FOUND", `there is no node ${id}: register it first`);
  return node.declared_state;
}

export async function setDeclaredState(tx: Transaction<Tables>, id: string, state: NodeDeclaredState): Promise<void> {
  await tx.updateTable("nodes").set({ declared_state: state }).where("id", "=", id).execute();
}

function bannedNode(id: string): AppError {
  return new AppError("NOT_A_MEMBER", `node ${id} is banned: talk to the coordinator's admin`);
}
