import type { Answer } from "../api/api.ts";
import { auditsTexts as texts } from "../texts/nodes-texts.ts";
import { Moment } from "../ui/moment.tsx";
import { DataTable } from "../ui/data-table.tsx";

type Audit = Answer<"GET /api/v1/nodes/{id}/audits">["items"][number];

/** Questions to a node, newest first, and why what was not passed was not. */
export function AuditTable({ audits }: { readonly audits: readonly Audit[] }) {
  const { columns } = texts;
  return (
    <DataTable
      caption={texts.list}
      look="compact"
      columns={[
        { title: columns.when },
        { title: columns.outcome },
        { title: columns.took, isAside: true, isNumber: true },
        { title: columns.counts, isAside: true },
      ]}
    >
      {audits.map((audit) => (
        <tr key={audit.id}>
          <th scope="row">
            <Moment at={audit.issued_at} />
          </th>
          <td>
            {outcomesOf(audit)}
            {audit.attempt > 1 ? <span className="under soft">{texts.again(audit.attempt)}</span> : null}
            {whysOf(audit).map((why) => (
              <span key={why} className="under soft wraps">
                {why}
              </span>
            ))}
          </td>
          <td className="number aside">
            {audit.duration_ms === null ? texts.none : texts.milliseconds(audit.duration_ms)}
          </td>
          <td className="aside soft">{texts.counts[audit.counted_as]}</td>
        </tr>
      ))}
    </DataTable>
  );
}

function outcomesOf(audit: Audit): string {
  const counts = Object.entries(audit.outcomes) as readonly (readonly [keyof typeof texts.outcomes, number])[];
  if (counts.length === 0) return texts.counts.open;
  return counts.map(([outcome, count]) => texts.outcome(count, texts.outcomes[outcome])).join(", ");
}

/** What is to be known of parts that were not passed, each reason once. */
function whysOf({ chunks, detail }: Audit): readonly string[] {
  const whys = chunks.filter(({ outcome }) => outcome !== "passed" && outcome !== null).map(({ why }) => why);
  return [...new Set(detail === null ? whys : [...whys, detail])];
}
