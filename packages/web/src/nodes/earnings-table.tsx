import { dayText, monthText } from "../format/format-time.ts";
import { formatShare } from "../format/format-share.ts";
import { earningsTexts as texts } from "../texts/nodes-texts.ts";
import { type EarnedDay, type Earnings, reasonsOf } from "./earned-days.ts";
import { DataTable } from "../ui/data-table.tsx";

/** The figures of the picture, the last day first, with the reason of whatever was taken off. */
export function EarningsTable({ earnings }: { readonly earnings: Earnings }) {
  const { columns } = texts;
  return (
    <DataTable
      caption={texts.table(monthText(earnings.month))}
      look="compact"
      columns={[
        { title: columns.day },
        { title: columns.kept, isAside: true, isNumber: true },
        { title: columns.online, isNumber: true },
        { title: columns.checks, isAside: true, isNumber: true },
        { title: columns.net, isNumber: true },
      ]}
    >
      {earnings.items.toReversed().map((day) => (
        <Day key={day.day} day={day} />
      ))}
    </DataTable>
  );
}

function Day({ day }: { readonly day: EarnedDay }) {
  const reasons = reasonsOf(day);
  return (
    <>
      <tr className={reasons.length === 0 ? "" : "goes-on"} title={day.explanation}>
        <th scope="row">{dayText(day.day)}</th>
        <td className="number aside">{texts.kept(day.gb_days)}</td>
        <td className="number">{day.uptime === null ? texts.unknown : formatShare(day.uptime)}</td>
        <td className="number aside">{texts.checks(day.audits_passed_share, day.audits_counted)}</td>
        <td className="number">{day.net}</td>
      </tr>
      {reasons.length === 0 ? null : (
        <tr>
          <td colSpan={5} className="reasons">
            {reasons.map((reason) => (
              <span key={reason} className="under">
                {reason}
              </span>
            ))}
          </td>
        </tr>
      )}
    </>
  );
}
