import { formatCredits } from "@commonhold/core/credits.ts";
import { instantText } from "../http/route-schema.ts";
import type { CreditStanding } from "./credit-standing.ts";

/** What an owner should know, as a sentence; null where all is well. */
export function creditNotice(standing: CreditStanding): string | null {
  const { state, debt, lastsUntilMs, uploadsStopAtMs } = standing;
  const owed = formatCredits(debt);
  const until = (atMs: number | undefined) =>
    atMs === undefined ? "" : instantText(atMs).slice(0, 16).replace("T", " ");
  switch (state) {
    case "ok":
      return null;
    case "low":
      return `Your credits last until ${until(lastsUntilMs)} UTC if you store as much as now: buy some.`;
    case "in_grace":
      return (
        `You owe ${owed} credits. Buy some before ${until(uploadsStopAtMs)} UTC, else new uploads are refused from then ` +
        "on. Nothing is deleted for it."
      );
    case "stopped":
      return (
        `You owe ${owed} credits, and new uploads are refused until that is paid. Nothing is deleted for it: all that ` +
        "you have stored is kept, and can be read and deleted."
      );
  }
}
