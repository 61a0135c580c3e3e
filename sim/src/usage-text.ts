import { ECONOMY_BREAKS } from "./economy/economy-breaks.ts";
import { BREAKS } from "./run/breaks.ts";

export function helpText(): readonly string[] {
  const list = (breaks: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(breaks).map(([name, what]) => `    ${name.padEnd(24)}${what}`);
  return [
    "npm run sim -- [--seed N] [--nodes 50] [--days 30] [--chunks 500] [--pace real|slow] [--intensity 1] [--break NAME]",
    "npm run sim -- sweep [--nodes 1000] [--chunks 1000000] [--catalog sqlite|memory]",
    "npm run sim -- economy [--seed N] [--nodes 50] [--days 30] [--pace real|slow] [--break NAME]",
    "",
    "  --seed N        everything by chance follows from it; without it another one each time",
    "  --days N        of faults; after them it is calm for some days, and everything must become whole",
    "  --pace slow     heartbeats, sweeps and comparisons about ten times as seldom: far quicker to simulate",
    "  --intensity N   how often faults happen",
    "  --break NAME    a deliberate defect, to see that the checkers find it:",
    ...list(BREAKS),
    "  sweep           how long one sweep of all chunks takes, and how much memory",
    "  economy         proofs, uptime and pay, with nodes that cheat and nodes that have trouble; its defects:",
    ...list(ECONOMY_BREAKS),
    "",
    "Exit codes: 0 everything held, 1 something did not, 2 wrong usage.",
  ];
}
