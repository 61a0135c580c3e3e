import { countOf } from "../format/count-of.ts";

export const nodesTexts = {
  title: "My nodes",
  none: { title: "You lend no disk yet", text: "Room that you do not need can hold parts of others' files, sealed." },
  lend: "Lend a disk",
  columns: { name: "Node", status: "Stands", room: "Room", heard: "Last heard" },
  usedOf: (used: string, capacity: string) => `${used} of ${capacity}`,
  back: "My nodes",
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
    online: "Here, of the last days",
    passed: "Checks passed",
    share: (share: number) => `${(share * 100).toFixed(1)} %`,
  },
} as const;

export const lendTexts = {
  title: "Lend a disk",
  lead: "Run a node on any machine that can reach this coordinator. It keeps sealed parts of files that nobody there can read, and you set how much room it gives.",
  token: {
    title: "Ask for a token",
    text: "A token lets one node join in your name. It works for a day, and once.",
    make: "Make a token",
    again: "Make another",
  },
  run: {
    title: "Run this on the machine with the disk",
    text: "Give the node a name of your choice and say how much room it may use.",
  },
  start: { title: "Start it", text: "Leave it running. It can be stopped for a while at any time." },
  copy: "Copy",
  copied: "Copied",
  waiting: "Waiting for the node to join…",
  joined: (name: string) => `${name} has joined. Thank you.`,
  startCommand: "commonhold node start --data ./node",
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
