import { formatCredits } from "@commonhold/core/credits.ts";
import Type, { type Static } from "typebox";
import { CreditsText, MicroCreditsText } from "../http/route-schema.ts";

/** What a user may spend, and what is set aside for uploads under way; micro-credits. */
export interface CreditBalance {
  readonly available: bigint;
  readonly reserved: bigint;
}

/** What a node has earned on the days that are settled; micro-credits. */
export interface NodeEarnings {
  /** `paid + pending`: what was forfeited is not among it. */
  readonly earned: bigint;
  /** To be paid out when the month is over. */
  readonly pending: bigint;
  readonly paid: bigint;
}

export const CreditBalanceSchema = Type.Object(
  {
    available: CreditsText("What can be spent."),
    reserved: CreditsText("What is set aside for uploads under way."),
    available_microcredits: MicroCreditsText("The same in millionths."),
    reserved_microcredits: MicroCreditsText("The same in millionths."),
  },
  { description: "A user's credits." },
);

export const NodeEarningsSchema = Type.Object({
  earned: CreditsText("All that was earned on days that are settled."),
  pending: CreditsText("Of that, what is paid out when its month is over."),
  paid: CreditsText("Of that, what was paid out to the node's operator."),
});

export function creditBalanceView(balance: CreditBalance): Static<typeof CreditBalanceSchema> {
  return {
    available: formatCredits(balance.available),
    reserved: formatCredits(balance.reserved),
    available_microcredits: balance.available.toString(),
    reserved_microcredits: balance.reserved.toString(),
  };
}

export function nodeEarningsView(earnings: NodeEarnings): Static<typeof NodeEarningsSchema> {
  return {
    earned: formatCredits(earnings.earned),
    pending: formatCredits(earnings.pending),
    paid: formatCredits(earnings.paid),
  };
}
