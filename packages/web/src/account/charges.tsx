import type { Answer } from "../api/api.ts";
import { dayText } from "../format/format-time.ts";
import { daysUntil } from "../format/utc-days.ts";
import { accountTexts } from "../texts/account-texts.ts";
import { DayChart } from "../ui/day-chart.tsx";
import { DataTable } from "../ui/data-table.tsx";

type ChargedDays = Answer<"GET /api/v1/credits">["days"];

const texts = accountTexts.credits.charges;
const DAYS_SHOWN = 31;

/** What storing has cost on each of the last days. */
export function Charges({ days }: { readonly days: ChargedDays }) {
  const last = days[0];
  if (last === undefined) return <p className="soft">{texts.none}</p>;
  const known = new Map(days.map((day) => [day.day, day]));
  const shown = daysUntil(last.day, DAYS_SHOWN).map((day) => {
    const charged = known.get(day);
    return charged === undefined
      ? { day, parts: undefined, title: "" }
      : {
          day,
          parts: [Number(charged.charged_microcredits) / 1e6],
          title: texts.day(dayText(day), charged.charged),
        };
  });
  return (
    <>
      <h3>{texts.title}</h3>
      <DayChart
        label={texts.chart(DAYS_SHOWN, last.charged)}
        days={shown}
        series={[{ name: texts.title, tone: "main" }]}
        format={(credits) => credits.toLocaleString("en", { maximumSignificantDigits: 3 })}
      />
      <details className="fold">
        <summary>{texts.table}</summary>
        <ChargesTable days={days} />
      </details>
    </>
  );
}

function ChargesTable({ days }: { readonly days: ChargedDays }) {
  const { columns } = texts;
  return (
    <DataTable
      caption={texts.title}
      look="compact"
      columns={[
        { title: columns.day },
        { title: columns.kept, isNumber: true },
        { title: columns.price, isAside: true, isNumber: true },
        { title: columns.charged, isNumber: true },
      ]}
    >
      {days.map(({ day, gb_days, price, charged }) => (
        <tr key={day}>
          <th scope="row">{dayText(day)}</th>
          <td className="number">{texts.kept(gb_days)}</td>
          <td className="number aside">{price}</td>
          <td className="number">{charged}</td>
        </tr>
      ))}
    </DataTable>
  );
}
