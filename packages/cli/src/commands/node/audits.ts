import type { AuditObject, AuditSummary } from "@commonhold/client/audits.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatFacts, formatTable, type TableColumn } from "../../output/output.ts";
import { findNode } from "../find-node.ts";

const COUNTED_AS: Readonly<Record<string, string>> = {
  good: "",
  dishonest: "lowers the audit score",
  node_error: "lowers the error score",
  not_passed: "not passed: counts for pay",
  nothing: "counts nothing",
  open: "not settled yet",
};

const COLUMNS: readonly TableColumn<AuditObject>[] = [
  { title: "WHEN", value: (audit) => formatMoment(audit.issued_at) },
  { title: "CHUNKS", align: "right", value: (audit) => String(audit.chunks.length) },
  { title: "OUTCOME", value: outcomeOf },
  {
    title: "TOOK",
    align: "right",
    value: (audit) => (audit.duration_ms === null ? "" : `${audit.duration_ms} ms`),
  },
  { title: "COUNTED AS", value: (audit) => COUNTED_AS[audit.counted_as] ?? audit.counted_as },
  { title: "WHY", value: whyOf },
];

/** How a node stands, and its last audits. */
export async function nodeAudits(
  context: CliContext,
  nameOrId: string,
  options: { readonly failed?: boolean; readonly limit?: number; readonly day?: string },
): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const node = await findNode(client.nodes, nameOrId, signal);
  const { failed = false, limit = 20, day } = options;
  const query = { limit, ...(failed && { outcome: "failed" }), ...(day !== undefined && { day }) };
  const { items, next_cursor, summary } = await client.audits.ofNode(node.id, query, signal);
  if (output.json) return output.document({ node_id: node.id, name: node.name, summary, items, next_cursor });
  for (const line of formatFacts(factsOf(node.name, summary))) output.line(line);
  if (items.length === 0) return output.note(failed ? "No audit failed." : "No audit is recorded.");
  output.line("");
  for (const line of formatTable(COLUMNS, items)) output.line(line);
  if (next_cursor !== null) output.note("There are more: --limit shows more of them, --day those of one day.");
}

function factsOf(name: string, { reputation, last_30_days: days, changes }: AuditSummary) {
  const { standing, why, closer_look_until: closer } = reputation;
  return [
    ["Node", `${name}: ${standing}, ${why}`] as const,
    ["Scores", scoresOf(reputation)] as const,
    ["Last 30 days", daysOf(days)] as const,
    ...(closer === null ? [] : [["Closer look", `audited more often until ${formatMoment(closer)}`] as const]),
    ...changes.map((change) => ["Changed", `${formatMoment(change.at)} ${change.to}: ${change.why}`] as const),
  ];
}

function scoresOf(reputation: AuditSummary["reputation"]): string {
  const { audit_score: honest, error_score: answering, online_share: online, reliability } = reputation;
  const halved = reputation.standing === "vetting" ? ", half of what it will be once it is trusted" : "";
  return (
    `${percent(honest)} honest, ${percent(answering)} without error, ${percent(online)} online on days that are over: ` +
    `reliability ${reliability}${halved}`
  );
}

function daysOf({ outcomes, success_rate: rate, latency_ms: latency }: AuditSummary["last_30_days"]): string {
  const found = Object.entries(outcomes).filter(([, count]) => count > 0);
  if (found.length === 0) return "no audit yet";
  const parts = found.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  const passed = rate === null ? "" : `; ${percent(rate)} passed`;
  return `${parts}${passed}${latency === null ? "" : `, ${Math.round(latency)} ms on average`}`;
}

/** Down, so that 100 % is said only where it is. */
function percent(share: number): string {
  return `${Math.floor(share * 10_000) / 100} %`;
}

/** Of a question that was asked before; it is asked `ASKED_MAX` times at most. */
const TIMES = ["second", "third", "fourth"];

export function outcomeOf({ outcomes, attempt }: AuditObject): string {
  const found = Object.entries(outcomes);
  if (found.length === 0) return "open";
  const [only] = found;
  const text = found.length === 1 ? only![0] : found.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  return attempt > 1 ? `${text} (asked for the ${TIMES[attempt - 2] ?? `${attempt}th`} time)` : text;
}

/** Of what did not pass: what it means, and what else there is to say. */
function whyOf({ chunks, detail }: AuditObject): string {
  const meanings = new Set(
    chunks.filter(({ outcome }) => outcome !== "passed" && outcome !== null).map(({ why }) => why),
  );
  const [meaning] = meanings;
  if (meaning === undefined) return "";
  const more = meanings.size > 1 ? ` (and ${countOf(meanings.size - 1, "other thing")})` : "";
  return `${meaning}${more}${detail === null ? "" : ` [${detail}]`}`;
}
