import { formatColumns } from "./format-columns.ts";

interface Peer {
  readonly name: string;
  readonly about: string;
  /** Seconds; undefined where it was not measured. */
  readonly up: PeerTimes;
  readonly down: PeerTimes;
}

interface PeerTimes {
  readonly mb100?: number;
  readonly gb1?: number;
  readonly small?: number;
}

const PEERS: readonly Peer[] = [
  {
    name: "GlusterFS",
    about: "C, FUSE, three copies, no encryption",
    up: { mb100: 0.52, gb1: 8, small: 5.1 },
    down: { mb100: 0.17, gb1: 1.7, small: 0.8 },
  },
  {
    name: "Helia",
    about: "JavaScript, from another node",
    up: {},
    down: { mb100: 3.7, small: 6 },
  },
];

const MIDDLE_DOT = "·";

/** What others took for the same work, for orientation. */
export function formatPeers(): string[] {
  const cells = ({ mb100, gb1, small }: PeerTimes) => [mb100, gb1, small].map(inSeconds);
  const titles = ["100 MB", "1 GB", "1,000 × 10 KB"];
  const rows = [
    ["", "", ...titles.map((title) => `${title} up`), ...titles.map((title) => `${title} down`)],
    ...PEERS.map(({ name, about, up, down }) => [name, about, ...cells(up), ...cells(down)]),
  ];
  return [
    "Others, measured earlier on a 2-core machine, not in this run",
    ...formatColumns(rows, "llrrrrrr").map((line) => `  ${line}`),
  ];
}

function inSeconds(value: number | undefined): string {
  return value === undefined ? MIDDLE_DOT : `${value.toFixed(value < 1 ? 2 : 1)} s`;
}
