import { AUDIT_OUTCOMES, type AuditOutcome } from "@commonhold/core/audit/audit-outcome.ts";
import Type, { type Static } from "typebox";
import { Instant, instantText, listOf, PageQuery } from "../http/route-schema.ts";
import { ReputationSchema } from "../nodes/reputation-view.ts";
import type { AuditPeriodRow, AuditSummary, RecordedAudit, StandingEvent } from "./audit-history.ts";
import { ASKED_MAX } from "@commonhold/core/audit/audit-pace.ts";
import { COUNTED_AS, countedAs, meaningOf } from "./outcome-words.ts";

const Day = (description: string) =>
  Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", title: "a day such as 2026-01-31", description });
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const orNull = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()]);
const Hex = (bytes: number, description: string) =>
  Type.String({ pattern: `^[0-9a-f]{${2 * bytes}}$`, description, examples: ["5e".repeat(bytes)] });

export const AuditsQuery = Type.Object({
  ...PageQuery,
  day: Type.Optional(Day("Only audits of this UTC day.")),
  outcome: Type.Optional(
    Type.Enum([...AUDIT_OUTCOMES, "failed"], {
      description: "Only audits in which a chunk came to this; failed: to anything but passed.",
    }),
  ),
});

const Outcome = Type.Enum([...AUDIT_OUTCOMES, "void"], {
  description: "void: the error was the coordinator's own, or the chunk no longer the node's to keep.",
});
const OutcomeCounts = (description: string) =>
  Type.Object(Object.fromEntries(AUDIT_OUTCOMES.map((outcome) => [outcome, Count(`Those ${outcome}.`)])), {
    description,
  });

const AuditSchema = Type.Object(
  {
    id: Hex(16, "The challenge."),
    issued_at: Instant("When it was recorded, before it was sent."),
    settled_at: orNull(Instant("When its outcome was recorded; null until then.")),
    attempt: Type.Integer({ minimum: 1, description: "2 to 4: the same was asked again after there was no answer." }),
    outcomes: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: "How many chunks came to what.",
    }),
    chunks: Type.Array(
      Type.Object({
        chunk: Type.String({ examples: ["3a".repeat(32)] }),
        outcome: Type.Union([Outcome, Type.Null()]),
        why: Type.String({ description: "What that means." }),
      }),
      { description: "Each chunk that was asked for, in the order of the question." },
    ),
    duration_ms: Type.Union([Count("From the question's delivery to the answer."), Type.Null()]),
    node_us: Type.Union([Count("Microseconds that the node took, as it says."), Type.Null()]),
    counted_as: Type.Enum([...COUNTED_AS], {
      description:
        "good · dishonest: lowers the audit score · node_error: lowers the error score · not_passed: only for pay · nothing · open: not settled yet. Of several chunks, the worst.",
    }),
    detail: orNull(Type.String({ description: "What else there is to say." })),
    day: Day("The day whose key the seed derives from,"),
    window: Count("with this cycle,"),
    number: Count("and this number within it."),
    selection_id: Hex(16, "Selects the leaves, with the seed."),
    leaf_count: Count("Leaves that were asked of each chunk."),
    difficulty: Count("Iterations of the closing hash."),
  },
  { description: "A challenge, and what came of it." },
);

const AuditSummarySchema = Type.Object({
  reputation: ReputationSchema,
  last_30_days: Type.Object(
    {
      outcomes: OutcomeCounts("Audits of single copies."),
      success_rate: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
        description: "Passed, of all that count for pay; null where there is none.",
      }),
      latency_ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
        description: "Of challenges that were answered, on average.",
      }),
    },
    { description: "Today included." },
  ),
  changes: Type.Array(
    Type.Object({
      at: Instant("When it changed."),
      from: Type.String(),
      to: Type.String({ description: "A standing, or closer_look: audited more often for a while." }),
      why: Type.String(),
    }),
    { description: "The last changes of its standing, newest first." },
  ),
});

const { items, next_cursor } = listOf(AuditSchema, "").properties;
export const AuditsSchema = Type.Object(
  { items, next_cursor, summary: AuditSummarySchema },
  { description: "A page of audits, newest first." },
);

export const AuditPeriodSchema = Type.Object(
  {
    day: Day("The UTC day."),
    commitment: Hex(32, "SHA-256 of the key, published when the day began."),
    key: orNull(Hex(32, "From which the day's seeds derive; null until the day is over.")),
    opened_at: Instant("When the commitment was published."),
    revealed_at: orNull(Instant("When the key was.")),
  },
  { description: "A day of audits." },
);

export function auditView(audit: RecordedAudit): Static<typeof AuditSchema> {
  const { outcomes, chunkNames } = audit;
  const isLast = audit.attempt >= ASKED_MAX;
  return {
    id: audit.id,
    issued_at: instantText(audit.issuedAtMs),
    settled_at: audit.settledAtMs === undefined ? null : instantText(audit.settledAtMs),
    attempt: audit.attempt,
    outcomes: tally(outcomes ?? []),
    chunks: chunkNames.map((chunk, index) => chunkView(chunk, outcomes?.[index], isLast)),
    duration_ms: audit.durationMs ?? null,
    node_us: audit.nodeUs ?? null,
    counted_as: outcomes === undefined ? "open" : countedAs(outcomes, audit.isFinal),
    detail: audit.detail ?? null,
    day: audit.day,
    window: audit.window,
    number: audit.number,
    selection_id: audit.selectionId,
    leaf_count: audit.leafCount,
    difficulty: audit.difficulty,
  };
}

function chunkView(chunk: string, outcome: AuditOutcome | null | undefined, isLast: boolean) {
  if (outcome === undefined) return { chunk, outcome: null, why: "not settled yet" };
  return { chunk, outcome: outcome ?? ("void" as const), why: meaningOf(outcome, isLast) };
}

function tally(outcomes: readonly (AuditOutcome | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome ?? "void"] = (counts[outcome ?? "void"] ?? 0) + 1;
  return counts;
}

export function summaryView(
  { counts, successRate, latencyMs }: AuditSummary,
  parts: { readonly reputation: Static<typeof ReputationSchema>; readonly changes: readonly StandingEvent[] },
): Static<typeof AuditSummarySchema> {
  return {
    reputation: parts.reputation,
    last_30_days: {
      outcomes: { ...counts },
      success_rate: successRate ?? null,
      latency_ms: latencyMs === undefined ? null : Math.round(latencyMs * 10) / 10,
    },
    changes: parts.changes.map(({ atMs, from, to, why }) => ({ at: instantText(atMs), from, to, why })),
  };
}

export function periodView(period: AuditPeriodRow): Static<typeof AuditPeriodSchema> {
  return {
    day: period.day,
    commitment: period.commitment,
    key: period.key ?? null,
    opened_at: instantText(period.openedAtMs),
    revealed_at: period.revealedAtMs === undefined ? null : instantText(period.revealedAtMs),
  };
}
