import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";
import { formatShare } from "../format/format-share.ts";
import { withReadableTimes } from "../format/format-time.ts";
import { appTexts } from "../texts/app-texts.ts";
import { auditsTexts as texts, standingText } from "../texts/nodes-texts.ts";
import { Choice } from "../ui/choice.tsx";
import { Failure } from "../ui/failure.tsx";
import { Figure } from "../ui/figure.tsx";
import { Moment } from "../ui/moment.tsx";
import { AuditTable } from "./audit-table.tsx";

type Audits = Answer<"GET /api/v1/nodes/{id}/audits">;
type Filter = keyof typeof texts.filters;

const PAGE = 20;
const FILTERS = Object.entries(texts.filters) as readonly (readonly [Filter, string])[];

/** What the coordinator's checks of a node came to. */
export function NodeAudits({ nodeId }: { readonly nodeId: string }) {
  const { api } = useServices();
  const [filter, setFilter] = useState<Filter>("all");
  const query = useInfiniteQuery({
    queryKey: ["node", nodeId, "audits", filter],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/nodes/{id}/audits", {
        params: { id: nodeId },
        query: {
          limit: PAGE,
          ...(filter === "failed" ? { outcome: filter } : {}),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const { data, error } = query;
  const audits = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="section">
      <h2>{texts.title}</h2>
      <p className="soft">{texts.lead}</p>
      {error === null ? null : <Failure error={error} onRetry={() => void query.refetch()} />}
      {data === undefined ? null : (
        <>
          <Summary summary={data.pages[0]!.summary} />
          <div className="section-head">
            <h3>{texts.list}</h3>
            <Choice label={texts.show} value={filter} options={FILTERS} onChange={setFilter} />
          </div>
          <p className="soft">{audits.length === 0 ? texts.empty : texts.listHint}</p>
          {audits.length === 0 ? null : <AuditTable audits={audits} />}
          {query.hasNextPage ? (
            <Button className="button quiet" isDisabled={query.isFetching} onPress={() => void query.fetchNextPage()}>
              {appTexts.loadMore}
            </Button>
          ) : null}
        </>
      )}
    </section>
  );
}

function Summary({ summary }: { readonly summary: Audits["summary"] }) {
  const { outcomes, success_rate: rate, latency_ms: latency } = summary.last_30_days;
  const counts = Object.entries(outcomes) as readonly (readonly [keyof typeof outcomes, number])[];
  return (
    <>
      <dl className="figures">
        <Figure name={texts.rate}>{rate === null ? texts.none : formatShare(rate)}</Figure>
        <Figure name={texts.latency}>{latency === null ? texts.none : texts.milliseconds(latency)}</Figure>
        {counts
          .filter(([outcome, count]) => outcome === "passed" || count > 0)
          .map(([outcome, count]) => (
            <Figure key={outcome} name={texts.outcomes[outcome]}>
              {count.toLocaleString("en")}
            </Figure>
          ))}
      </dl>
      {summary.changes.length === 0 ? null : <Changes changes={summary.changes} />}
    </>
  );
}

function Changes({ changes }: { readonly changes: Audits["summary"]["changes"] }) {
  return (
    <>
      <h3>{texts.changes}</h3>
      <ul className="lines">
        {changes.map(({ at, from, to, why }) => (
          <li key={`${at}-${to}`}>
            <span>
              <strong>{texts.change(standingText(from), standingText(to))}</strong>
              <span className="soft"> · {withReadableTimes(why)}</span>
            </span>
            <span className="soft">
              <Moment at={at} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
