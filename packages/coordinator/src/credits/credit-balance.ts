import { formatCredits } from "@commonhold/core/credits.ts";
import Type, { type Static } from "typebox";
import { CreditsText, MicroCreditsText } from "../http/route-schema.ts";

/** What a user may spend, and what is set aside for uploads under way; micro-credits. */
export interface CreditBalance {
  readonly available: bigint;
  readonly reserved: bigint;
}

/** What a node has earned; micro-credits. */
export interface NodeEarnings {
  readonly earned: bigint;
  /** Of the day under way, not settled yet. */
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
  earned: CreditsText("All that was earned and is not paid out."),
  pending: CreditsText("Of the day under way, not settled yet."),
  paid: CreditsText("All that was paid out."),
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
