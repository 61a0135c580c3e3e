import {
  auditScoreOf,
  errorScoreOf,
  REPUTATION_TERMS,
  type ReputationState,
  type ReputationTerms,
  standingOfReputation,
} from "@commonhold/core/audit/reputation.ts";
import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import Type, { type Static } from "typebox";
import { Instant, instantText } from "../http/route-schema.ts";
import type { NodeReputation } from "./node-reputations.ts";

const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const Since = (description: string) => Type.Union([Instant(description), Type.Null()]);

export const ReputationSchema = Type.Object(
  {
    standing: Type.Enum(["vetting", "trusted", "suspended", "disqualified"], {
      description:
        "vetting: new, and given less. suspended: keeps what it has and is given nothing new. disqualified: banned, or drained where it was suspended for too long.",
    }),
    why: Type.String({ description: "What it stands for, for people." }),
    reliability: Share("What placement goes by: uptime and audits together, half of that while it is vetted."),
    audit_score: Share("How honest it was found."),
    error_score: Share("How well it answers."),
    online_share: Share("Of the last 30 days that are over and settled; 1 where none is yet. Today does not count."),
    passed: Type.Integer({ minimum: 0, description: "Audits of single copies that it passed." }),
    vetted_at: Since("Since when it is trusted."),
    suspended_at: Since("Since when it is suspended."),
    disqualified_at: Since("When it was disqualified."),
    closer_look_until: Since("Until then it is audited more often."),
  },
  { description: "What audits and uptime say of the node." },
);

/** @param terms under which it is judged */
export function reputationView(
  { state, onlineShare, reliability }: NodeReputation,
  terms: ReputationTerms = REPUTATION_TERMS,
): Static<typeof ReputationSchema> {
  return {
    standing: standingOfReputation(state),
    why: explain(state, terms),
    reliability,
    audit_score: rounded(auditScoreOf(state)),
    error_score: rounded(errorScoreOf(state)),
    online_share: rounded(onlineShare),
    passed: state.passedTotal,
    vetted_at: since(state.vettedAtMs),
    suspended_at: since(state.suspendedAtMs),
    disqualified_at: since(state.disqualifiedAtMs),
    closer_look_until: since(state.closerLookUntilMs),
  };
}

function explain(state: ReputationState, terms: ReputationTerms): string {
  switch (standingOfReputation(state)) {
    case "disqualified":
      return auditScoreOf(state) < terms.disqualifyBelow
        ? `its audit score fell below ${terms.disqualifyBelow}: too much of what it was given it could not show`
        : `it was suspended for ${daysOf(terms.suspendedMsMax)} days and did no better: what it has is copied elsewhere`;
    case "suspended":
      return suspensionText(state, terms);
    case "trusted":
      return "it has shown what it was given for long enough to be trusted";
    case "vetting":
      return vettingText(state, terms);
  }
}

function suspensionText({ suspendedAtMs }: ReputationState, terms: ReputationTerms): string {
  const { suspendBelow, restoreFrom, suspendedMsMax } = terms;
  const ends = instantText((suspendedAtMs ?? 0) + suspendedMsMax);
  return (
    `its error score fell below ${suspendBelow}: it is given nothing new until it is ${restoreFrom} again, and is ` +
    `disqualified where it does no better by ${ends}`
  );
}

function daysOf(ms: number): number {
  return Math.round((ms / DAY_MS) * 100) / 100;
}

function vettingText({ passedTotal, firstPassedAtMs }: ReputationState, terms: ReputationTerms): string {
  const days = daysOf(terms.vettingMs);
  const passed = `it passed ${passedTotal} of the ${terms.vettingCount} audits after which it is trusted`;
  if (firstPassedAtMs === null) return `${passed}, ${days} days after the first at the earliest`;
  return `${passed}, at the earliest ${instantText(firstPassedAtMs + terms.vettingMs)}`;
}

function since(atMs: number | null): string | null {
  return atMs === null ? null : instantText(atMs);
}

/** Down, so that nothing is shown as better than it is. */
function rounded(share: number): number {
  return Math.floor(share * 10_000) / 10_000;
}
