import { formatShare } from "../format/format-share.ts";
import { monthText } from "../format/format-time.ts";
import { uptimeTexts as texts } from "../texts/nodes-texts.ts";
import { DayChart } from "../ui/day-chart.tsx";
import { type Earnings, uptimeByDay } from "./earned-days.ts";

/** Below it, pay is taken off. */
const FULL_PAY_SHARE = 0.95;

/** How much of each day the node was there. */
export function Uptime({ earnings }: { readonly earnings: Earnings }) {
  const shares = earnings.items.flatMap(({ uptime }) => (uptime === null ? [] : [uptime]));
  return (
    <section className="section">
      <h2>{texts.title}</h2>
      {shares.length === 0 ? (
        <p className="soft">{texts.none}</p>
      ) : (
        <>
          <p className="soft">{texts.lead}</p>
          <DayChart
            label={texts.chart(monthText(earnings.month), formatShare(Math.min(...shares)))}
            days={uptimeByDay(earnings)}
            series={[{ name: texts.title, tone: "main" }]}
            format={formatShare}
            max={1}
            limit={FULL_PAY_SHARE}
          />
        </>
      )}
    </section>
  );
}
