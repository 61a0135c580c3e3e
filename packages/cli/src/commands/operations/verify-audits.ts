import { createHash, createHmac } from "node:crypto";
import type { AuditObject, AuditPeriodObject } from "@commonhold/client/audits.ts";
import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { createAuditRecomputation, type RecordedQuestion } from "@commonhold/core/audit/recompute-audits.ts";
import { auditPeriodCommitment } from "@commonhold/core/audit/audit-seed.ts";
import type { HmacSha256, Sha256 } from "@commonhold/core/audit/hash-functions.ts";
import { DAY_MS, utcDayOf, utcDayStartMs } from "@commonhold/core/economics/utc-day.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { formatFacts } from "../../output/output.ts";
import { ownNodes } from "../own-nodes.ts";

const AUDITS_PER_PAGE = 1_000;

export interface VerifyAuditsOptions {
  readonly node?: string;
  readonly commitment?: string;
}

/** One question, as the published key has it. */
interface CheckedAudit {
  readonly node: string;
  readonly id: string;
  readonly seed: string;
  readonly is_in_order: boolean;
}

/** @throws AppError NOT_FOUND where the key is not published, CHECKSUM_MISMATCH where what was asked is not what the key says */
export async function verifyAudits(context: CliContext, day: string, options: VerifyAuditsOptions): Promise<void> {
  const { output, signal } = context;
  const before = utcDayOf(utcDayStartMs(day) - DAY_MS);
  const client = await context.openClient();
  const { period, key, orderKeys } = await publishedKeys(client, { day, before }, signal);
  const noted = options.commitment?.toLowerCase();
  const commitment = hexOf(auditPeriodCommitment(key, sha256));
  const isCommitted = commitment === period.commitment && (noted === undefined || noted === commitment);
  const recompute = createAuditRecomputation({ periodKey: key, orderKeys }, { sha256, hmacSha256 });
  const audits: CheckedAudit[] = [];
  for (const node of await ownNodes(client, options.node, signal)) {
    for await (const audit of auditsOf(client, { nodeId: node.id, day }, signal)) {
      const { seed, isInOrder } = recompute(questionOf(node.id, audit));
      audits.push({ node: node.name, id: audit.id, seed: hexOf(seed), is_in_order: isInOrder });
    }
  }
  const strange = audits.filter((audit) => !audit.is_in_order);
  if (output.json) output.document({ day, commitment, is_committed: isCommitted, key: period.key, items: audits });
  else {
    const facts = { day, commitment, isCommitted, isNoted: noted !== undefined };
    for (const line of formatFacts(describe(facts, audits, strange))) output.line(line);
  }
  if (!isCommitted) throw broken(`the key that is published for ${day} is not the one that was committed to`);
  if (strange.length > 0) throw broken(`${countOf(strange.length, "audit")} of ${day} broke the order of its key`);
}

interface CheckedDay {
  readonly day: string;
  readonly commitment: string;
  readonly isCommitted: boolean;
  readonly isNoted: boolean;
}

function describe(
  { day, commitment, isCommitted, isNoted }: CheckedDay,
  audits: readonly CheckedAudit[],
  strange: readonly CheckedAudit[],
): (readonly [string, string])[] {
  const against = isNoted
    ? "what you noted and what is published"
    : "what is published; --commitment compares your note";
  const order =
    audits.length === 0
      ? "none is recorded: passed ones are kept for 48 hours"
      : `${audits.length - strange.length} of ${audits.length} are of chunks whose turn it was by the key`;
  return [
    ["Day", day],
    ["Key", `its SHA-256 is ${commitment}`],
    ["Commitment", isCommitted ? `the same as ${against}` : "NOT the same"],
    ["Audits", order],
    ...strange.map(({ node, id }) => ["Out of order", `${id} of ${node}`] as const),
    ...(audits.length === 0 ? [] : [["Seeds", "--json has them, to compare with what your node was sent"] as const]),
  ];
}

async function publishedKeys(
  client: CommonholdClient,
  { day, before }: { readonly day: string; readonly before: string },
  signal: AbortSignal,
) {
  let period: AuditPeriodObject | undefined;
  let keyBefore: string | null = null;
  for await (const candidate of client.audits.periods(signal)) {
    if (candidate.day === day) period = candidate;
    if (candidate.day === before) keyBefore = candidate.key;
    if (candidate.day <= before) break;
  }
  if (period === undefined) throw new AppError("NOT_FOUND", `nothing was audited on ${day}`);
  if (period.key === null) {
    throw new AppError("NOT_FOUND", `the key of ${day} is not published yet: it is once the day, by UTC, is over`);
  }
  const key = bytesOf(period.key);
  // A cycle that began before midnight is ordered by the key of the day before.
  return { period, key, orderKeys: keyBefore === null ? [key] : [key, bytesOf(keyBefore)] };
}

async function* auditsOf(
  client: CommonholdClient,
  { nodeId, day }: { readonly nodeId: string; readonly day: string },
  signal: AbortSignal,
): AsyncGenerator<AuditObject> {
  let cursor: string | null = null;
  do {
    const query = { day, limit: AUDITS_PER_PAGE, ...(cursor !== null && { cursor }) };
    const page: Awaited<ReturnType<typeof client.audits.ofNode>> = await client.audits.ofNode(nodeId, query, signal);
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== null);
}

function questionOf(nodeId: string, { window, number, chunks }: AuditObject): RecordedQuestion {
  return { nodeId: nodeId as NodeId, window, number, chunkNames: chunks.map(({ chunk }) => chunk as ChunkName) };
}

function broken(what: string): AppError {
  return new AppError("CHECKSUM_MISMATCH", `${what}: ask the coordinator's admin`);
}

const sha256: Sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

const hmacSha256: HmacSha256 = (key, ...parts) => {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
};

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
