import { countOf } from "../format/count-of.ts";
import { formatShare } from "../format/format-share.ts";

export const nodesTexts = {
  title: "My nodes",
  none: { title: "You lend no disk yet", text: "Room that you do not need can hold parts of others' files, sealed." },
  lend: "Lend a disk",
  columns: { name: "Node", status: "Stands", room: "Room", heard: "Last heard" },
  usedOf: (used: string, capacity: string) => `${used} of ${capacity}`,
  back: "My nodes",
  /** @param since a time for people */
  silentSince: (since: string) => `Silent since ${since}.`,
  startAgain:
    "Start it again on its machine: npx commonhold node start --data, with the folder of the node. What it still holds counts again then.",
  facts: {
    free: "Free",
    parts: "Parts of files",
    heard: "Last heard",
    joined: "Joined",
    version: "Version",
    labels: "Where it stands",
    addresses: "Addresses",
    id: "Id",
  },
  trust: {
    title: "Trust",
    standings: {
      vetting: "On trial",
      trusted: "Trusted",
      suspended: "Suspended",
      disqualified: "Shut out",
    },
    reliability: "Reliability",
    honest: "Honest",
    answering: "Answers well",
    halved: "half of what it will be once it is trusted",
    online: "Here, of the 30 days before today",
    noDay: "no day is over yet",
    passed: "Checks passed so far",
    since: "Trusted since",
    suspended: "Suspended since",
    out: "Shut out since",
    closer: "Looked at closely until",
    closerLook: "Looked at closely",
  },
} as const;

export const earningsTexts = {
  title: "Earnings",
  lead: "Each day is reckoned after midnight UTC, and paid out when its month is over.",
  earlier: "The month before",
  later: "The month after",
  none: "No day of this month is reckoned yet.",
  credits: (amount: string) => `${amount} credits`,
  month: "In this month",
  taken: "Taken off in it",
  paidOn: "Paid out",
  pending: "Waits for the month's end",
  paid: "Paid out so far",
  forfeited: "Lost when it was shut out",
  series: { net: "Earned", uptime: "Taken off for absence", audits: "Taken off for failed checks" },
  chart: (month: string, net: string, days: number) => `Credits by day in ${month}: ${net} on ${countOf(days, "day")}`,
  table: (month: string) => `Earnings by day in ${month}`,
  columns: { day: "Day", kept: "Kept", online: "Here", checks: "Checks passed", net: "Credits" },
  kept: (gbDays: string) => `${gbDays} GB-days`,
  /** @param passed share of those counted */
  checks: (passed: number | null, counted: number) =>
    passed === null ? "–" : `${formatShare(passed)} of ${counted.toLocaleString("en")}`,
  unknown: "–",
  forAbsence: (amount: string, online: string) => `−${amount} as it was here ${online} of the time, less than 95 %`,
  forChecks: (amount: string, passed: string) => `−${amount} as it passed ${passed} of its checks, less than 95 %`,
} as const;

export const uptimeTexts = {
  title: "Uptime",
  lead: "A day with less than 95 % costs pay: the line in the picture. Its figures stand with the earnings above.",
  chart: (month: string, lowest: string) =>
    `Share of each day in ${month} in which the node was here; the lowest is ${lowest}`,
  day: (day: string, share: string) => `${day}: here ${share} of the time`,
  none: "No day of this month is reckoned yet.",
} as const;

export const auditsTexts = {
  title: "Checks",
  lead: "The coordinator asks for proof of parts at times that nobody can foresee. What follows is of the last 30 days.",
  rate: "Passed, of those that count",
  latency: "An answer takes",
  milliseconds: (ms: number) => `${ms.toLocaleString("en", { maximumFractionDigits: ms < 10 ? 1 : 0 })} ms`,
  none: "–",
  outcomes: {
    passed: "Passed",
    wrong: "Wrong answer",
    lost: "Said to be lost",
    offline: "Not reachable",
    silent: "No answer",
    refused: "Refused",
    late: "Too late",
    error: "Not readable",
    void: "Void",
  },
  outcome: (count: number, what: string) => `${count.toLocaleString("en")} × ${what.toLowerCase()}`,
  changes: "How its standing changed",
  change: (from: string, to: string) => `${from} → ${to}`,
  list: "Each question",
  listHint: "Those that were passed are kept for two days, others for 90.",
  show: "Show",
  filters: { all: "All", failed: "Failed" },
  columns: { when: "Asked", outcome: "Came out as", took: "Took", counts: "Counts as" },
  counts: {
    good: "Good",
    dishonest: "Not honest",
    node_error: "Not answered well",
    not_passed: "Not passed, for pay",
    nothing: "Nothing",
    open: "Not settled yet",
  },
  again: (attempt: number) => `asked for the ${attempt === 2 ? "2nd" : attempt === 3 ? "3rd" : `${attempt}th`} time`,
  empty: "No check of this kind is kept.",
} as const;

/** A standing, as the API calls it, in words. */
export function standingText(standing: string): string {
  if (standing === "closer_look") return nodesTexts.trust.closerLook;
  const { standings } = nodesTexts.trust;
  return standing in standings ? standings[standing as keyof typeof standings] : standing;
}

export const lendTexts = {
  title: "Lend a disk",
  lead: "Run a node on any machine that can reach this coordinator. It keeps sealed parts of files that nobody there can read, and you set how much room it gives.",
  token: {
    title: "Ask for a token",
    text: "A token lets one node join in your name. It works for a day, and once.",
    make: "Make a token",
    again: "Make another",
  },
  setup: {
    title: "Install Commonhold on the machine with the disk",
    text: "In a copy of its project, with npm and Node.js 20 or newer. It starts nothing, and does nothing where all is there.",
    command: "npm run setup",
  },
  run: {
    title: "Make the node",
    text: "In the same folder. Give the node a name of your choice in place of NAME, and say how much room it may use.",
    /** @param command the coordinator's, with its address and the token */
    command: (command: string) => `npx ${command} --data ./node --max-size 50GB`,
  },
  start: {
    title: "Start it",
    text: "Leave it running. It can be stopped for a while at any time.",
    command: "npx commonhold node start --data ./node",
  },
  copy: "Copy",
  copied: "Copied",
  waiting: "Waiting for the node to join…",
  joined: (name: string) => `${name} has joined. Thank you.`,
  look: "Look at it",
} as const;

export const networkTexts = {
  title: "Network",
  disks: "Disks",
  room: "Room",
  roomOf: (used: string, capacity: string) => `${used} of ${capacity} in use`,
  files: "Files",
  filesOf: (count: number, bytes: string) => `${countOf(count, "file")}, ${bytes}`,
  parts: (count: number) => countOf(count, "part"),
  here: (here: number, all: number) => `${here} of ${all} here`,
  safe: {
    whole: { title: "All files are whole", text: "Every part has all the copies that were promised." },
    repairing: { title: "Copies are being made", text: "Some parts lack copies, and nothing is out of reach." },
    risk: { title: "Some parts are at risk", text: "A single copy of them is left. They are made first." },
    lost: { title: "Some parts are out of reach", text: "No copy of them can be read until their nodes are back." },
    unknown: { title: "Looking", text: "Every part is being looked at for the first time." },
  },
  repair: {
    title: "Repair",
    idle: "Nothing has to be repaired.",
    paused: "Repair is paused by an administrator.",
    lacking: (count: number) => `${countOf(count, "part")} lack copies`,
    moving: (count: number) => `${countOf(count, "part")} on the move`,
    all: (bytes: string) => `${bytes} left`,
    left: (bytes: string, rate: string) => `${bytes} left, at ${rate}/s`,
    time: (duration: string) => `about ${duration} to go`,
    done: (copies: number, bytes: string) => `${countOf(copies, "copy", "copies")} made since the start, ${bytes}`,
    starting: (away: number, nodes: number) => `Waits: ${away} of ${nodes} nodes were not heard since the start.`,
    many_away: (away: number, nodes: number) =>
      `Holds back: ${away} of ${nodes} nodes went away at once. Only what is at risk is repaired.`,
    unrepairable: (count: number) => `${countOf(count, "part")} cannot be repaired now`,
  },
  nodes: "Nodes",
  handoffs: (count: number) => `${countOf(count, "copy", "copies")} wait for their node to return`,
} as const;
