import { chunkNameFromBytes } from "@commonhold/core/audit/chunk-name.ts";
import type { ReputationTerms } from "@commonhold/core/audit/reputation.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { CommandPayload, Metadata } from "@commonhold/metadata/metadata.ts";
import type { AuditLedger, IssuedChallenge, SettledChallenge, UnansweredChallenge } from "./audit-ledger.ts";
import { ASKED_MAX } from "@commonhold/core/audit/audit-pace.ts";

const CHUNK_NAME_BYTES = 32;
/** Questions that are asked again after a restart. */
const UNANSWERED_ROWS_MAX = 1_000;
const DETAIL_MAX = 512;
/** What `encodeOutcomes` makes of a challenge that was met by silence, refusal or error; */
const UNANSWERED = ["s%", "r%", "e%"] as const;
/** and of one that did not reach the node, or counts nothing. */
const UNASKED = ["o%", "-%"] as const;

/** Audits in the tables of the metadata. */
export function createMetadataAuditLedger(
  metadata: Pick<Metadata, "read" | "apply">,
  terms: ReputationTerms,
): AuditLedger {
  return {
    openPeriod: async ({ day, commitment, nowMs }) => {
      await metadata.apply("audit.open_period", { day, commitment: hex(commitment), now_ms: nowMs });
    },
    revealPeriod: async ({ day, key, nowMs }) => {
      await metadata.apply("audit.reveal_period", { day, key: hex(key), now_ms: nowMs });
    },
    hiddenPeriods: async () => {
      const rows = await metadata.read
        .selectFrom("audit_periods")
        .select("day")
        .where("key", "is", null)
        .orderBy("day")
        .execute();
      return rows.map(({ day }) => day);
    },
    issue: async (challenge) => {
      await metadata.apply("audit.issue", { challenges: [payloadOf(challenge)] });
    },
    record: async (results, nowMs) => {
      const recorded = await metadata.apply("audit.record", {
        now_ms: nowMs,
        terms: termsPayload(terms),
        results: results.map(resultPayload),
      });
      return recorded.nodes.map((node) => ({
        nodeId: node.node_id as NodeId,
        standing: node.standing,
        changes: node.changes,
        closerLookUntilMs: node.closer_look_until_ms ?? undefined,
      }));
    },
    unsettled: async (issuedBeforeMs, limit) => {
      const rows = await metadata.read
        .selectFrom("audit_challenges")
        .select(["id", "chunk_names"])
        .where("settled_at_ms", "is", null)
        .where("issued_at_ms", "<", issuedBeforeMs)
        .orderBy("issued_at_ms")
        .limit(limit)
        .execute();
      return rows.map(({ id, chunk_names }) => ({
        id: bytes(id),
        chunkCount: chunk_names.length / CHUNK_NAME_BYTES,
      }));
    },
    unanswered: (issuedSinceMs) => readUnanswered(metadata, issuedSinceMs),
  };
}

/**
 * Those are looked for that were met by silence, refusal or error as a whole: it is said for their first chunk. And those
 * that were to be asked again, which then did not reach the node or were given up here: this time does not count.
 */
async function readUnanswered(
  metadata: Pick<Metadata, "read">,
  issuedSinceMs: number,
): Promise<readonly UnansweredChallenge[]> {
  const rows = await metadata.read
    .selectFrom("audit_challenges as one")
    .selectAll()
    .where("one.is_passed", "=", 0)
    .where("one.issued_at_ms", ">=", issuedSinceMs)
    .where((eb) =>
      eb.or([
        eb.and([eb("one.attempt", "<", ASKED_MAX), eb.or(UNANSWERED.map((like) => eb("one.outcomes", "like", like)))]),
        eb.and([eb("one.attempt", ">", 1), eb.or(UNASKED.map((like) => eb("one.outcomes", "like", like)))]),
      ]),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("audit_challenges as later")
            .select("later.id")
            .whereRef("later.node_id", "=", "one.node_id")
            .whereRef("later.issued_at_ms", ">", "one.issued_at_ms")
            .whereRef("later.selection_id", "=", "one.selection_id")
            // A long one is asked again in parts, each for itself.
            .where((later) =>
              later.or([
                later("later.attempt", ">", later.ref("one.attempt")),
                later("later.chunk_names", "=", later.ref("one.chunk_names")),
              ]),
            ),
        ),
      ),
    )
    .orderBy("one.issued_at_ms")
    .limit(UNANSWERED_ROWS_MAX)
    .execute();
  return rows.map((row) => ({
    id: bytes(row.id),
    nodeId: row.node_id as NodeId,
    day: row.day,
    window: row.window,
    number: row.number,
    selectionId: bytes(row.selection_id),
    // Of the last time that counts.
    attempt: isUnasked(row.outcomes) ? row.attempt - 1 : row.attempt,
    leafCount: row.leaf_count,
    difficulty: row.difficulty,
    chunkNames: readChunkNames(row.chunk_names),
  }));
}

function isUnasked(outcomes: string | null): boolean {
  return UNASKED.some((like) => outcomes?.startsWith(like.charAt(0)));
}

/** The names of a challenge's chunks, 32 bytes each in the table. */
export function readChunkNames(column: Uint8Array): readonly ChunkName[] {
  return Array.from({ length: column.length / CHUNK_NAME_BYTES }, (_, index) =>
    chunkNameFromBytes(column.subarray(index * CHUNK_NAME_BYTES, (index + 1) * CHUNK_NAME_BYTES)),
  );
}

function payloadOf(challenge: IssuedChallenge): CommandPayload<"audit.issue">["challenges"][number] {
  return {
    id: hex(challenge.id),
    node_id: challenge.nodeId,
    day: challenge.day,
    window: challenge.window,
    number: challenge.number,
    selection_id: hex(challenge.selectionId),
    attempt: challenge.attempt,
    leaf_count: challenge.leafCount,
    difficulty: challenge.difficulty,
    chunk_names: [...challenge.chunkNames],
    issued_at_ms: challenge.issuedAtMs,
    deadline_at_ms: challenge.deadlineAtMs,
  };
}

function resultPayload(result: SettledChallenge): CommandPayload<"audit.record">["results"][number] {
  return {
    challenge_id: hex(result.id),
    outcomes: [...result.outcomes],
    is_final: result.isFinal,
    duration_ms: result.durationMs ?? null,
    node_us: result.nodeUs ?? null,
    detail: result.detail?.slice(0, DETAIL_MAX).toWellFormed() ?? null,
  };
}

function termsPayload(terms: ReputationTerms): CommandPayload<"audit.record">["terms"] {
  return {
    audit_lambda: terms.auditLambda,
    disqualify_below: terms.disqualifyBelow,
    error_lambda: terms.errorLambda,
    suspend_below: terms.suspendBelow,
    restore_from: terms.restoreFrom,
    vetting_count: terms.vettingCount,
    vetting_ms: terms.vettingMs,
    closer_look_ms: terms.closerLookMs,
    suspended_ms_max: terms.suspendedMsMax,
  };
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}
