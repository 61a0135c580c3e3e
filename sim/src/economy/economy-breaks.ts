/** Deliberate defects around what proofs and pay rest on: whether the checkers see them tells whether they see anything. */
export const ECONOMY_BREAKS = {
  "credulous-verification": "whatever a node answers is taken for a proof",
  "lenient-reputation": "no score disqualifies",
  "loss-is-dishonest": "a node that says that it lost a copy is taken for one that cheats",
  "ignored-absences": "heartbeats tell of no absence",
  "blamed-for-gaps": "nodes are blamed for the time in which no coordinator watched",
  "paid-until-found": "a copy that fails its audit was held until then",
  "paid-twice": "what a node earned in a day is booked a second time",
  unforfeited: "who is disqualified keeps what was not paid out yet",
} as const satisfies Record<string, string>;

export type EconomyBreakName = keyof typeof ECONOMY_BREAKS;

export function isEconomyBreakName(text: string): text is EconomyBreakName {
  return Object.hasOwn(ECONOMY_BREAKS, text);
}
