import { formatCredits } from "@commonhold/core/credits.ts";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { monthText } from "../format/format-time.ts";
import { monthAfter, monthOf } from "../format/utc-days.ts";
import { earningsTexts as texts } from "../texts/nodes-texts.ts";
import { DayChart } from "../ui/day-chart.tsx";
import { Failure } from "../ui/failure.tsx";
import { Figure } from "../ui/figure.tsx";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import { type Earnings, earningsByDay } from "./earned-days.ts";
import { EarningsTable } from "./earnings-table.tsx";
import { Uptime } from "./uptime.tsx";
import type { NodeObject } from "./use-nodes.ts";

/** What a node earned in a month, day by day, with the reason of whatever was taken off, and how long it was there. */
export function NodeEarnings({ node }: { readonly node: Pick<NodeObject, "id" | "joined_at"> }) {
  const { api } = useServices();
  const [month, setMonth] = useState(() => monthOf(Date.now()));
  const { data, error, refetch } = useQuery({
    queryKey: ["node", node.id, "earnings", month],
    queryFn: ({ signal }) =>
      api("GET /api/v1/nodes/{id}/earnings", { params: { id: node.id }, query: { month }, signal }),
    placeholderData: (before) => before,
  });
  return (
    <>
      <section className="section">
        <div className="section-head">
          <h2>{texts.title}</h2>
          <MonthSteps month={month} first={monthOf(Date.parse(node.joined_at))} onChange={setMonth} />
        </div>
        <p className="soft">{texts.lead}</p>
        {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
        {data === undefined ? null : <Month earnings={data} />}
      </section>
      {data === undefined ? null : <Uptime earnings={data} />}
    </>
  );
}

interface MonthStepsProps {
  readonly month: string;
  /** There is none before it. */
  readonly first: string;
  readonly onChange: (month: string) => void;
}

function MonthSteps({ month, first, onChange }: MonthStepsProps) {
  const isLast = month >= monthOf(Date.now());
  return (
    <div className="steps-row">
      <Button
        className="icon-button"
        aria-label={texts.earlier}
        isDisabled={month <= first}
        onPress={() => onChange(monthAfter(month, -1))}
      >
        <Icon name="left" size={16} />
      </Button>
      <span aria-live="polite">{monthText(month)}</span>
      <Button
        className="icon-button"
        aria-label={texts.later}
        isDisabled={isLast}
        onPress={() => onChange(monthAfter(month, 1))}
      >
        <Icon name="right" size={16} />
      </Button>
    </div>
  );
}

function Month({ earnings }: { readonly earnings: Earnings }) {
  const { items, month, totals } = earnings;
  return (
    <>
      <Figures earnings={earnings} />
      {items.length === 0 ? (
        <p>{texts.none}</p>
      ) : (
        <>
          <DayChart
            label={texts.chart(monthText(month), texts.credits(totals.net), totals.days)}
            days={earningsByDay(earnings)}
            series={[
              { name: texts.series.net, tone: "main" },
              { name: texts.series.uptime, tone: "less" },
              { name: texts.series.audits, tone: "bad" },
            ]}
            format={(credits) => credits.toLocaleString("en", { maximumSignificantDigits: 3 })}
          />
          <EarningsTable earnings={earnings} />
        </>
      )}
    </>
  );
}

function Figures({ earnings }: { readonly earnings: Earnings }) {
  const { totals, payout, balance } = earnings;
  const taken = BigInt(totals.gross_microcredits) - BigInt(totals.net_microcredits);
  return (
    <dl className="figures">
      <Figure name={texts.month}>{texts.credits(totals.net)}</Figure>
      {taken === 0n ? null : <Figure name={texts.taken}>{texts.credits(formatCredits(taken))}</Figure>}
      {payout === null ? null : (
        <Figure name={texts.paidOn}>
          <Moment at={payout.paid_at} />
        </Figure>
      )}
      <Figure name={texts.pending}>{texts.credits(balance.pending)}</Figure>
      <Figure name={texts.paid}>{texts.credits(balance.paid)}</Figure>
      {balance.forfeited === "0" ? null : <Figure name={texts.forfeited}>{texts.credits(balance.forfeited)}</Figure>}
    </dl>
  );
}
