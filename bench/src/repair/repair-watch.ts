import { setTimeout as wait } from "node:timers/promises";
import type { CoordinatorSession } from "../network/coordinator-session.ts";

const LOOK_EVERY_MS = 200;
const WHOLE_MS_MAX = 1_800_000;

interface Repair {
  readonly in_flight_count: number;
  readonly repaired: { readonly bytes: number; readonly copies: number };
}

/** What became of a network after a node died; seconds count from its death. */
export interface RepairTimes {
  readonly suspectS: number;
  readonly offlineS: number;
  /** When the first copy was begun. */
  readonly begunS: number;
  readonly wholeS: number;
  readonly bytes: number;
  readonly copies: number;
}

/** What repair had made before. */
export async function repairedSoFar(session: CoordinatorSession): Promise<Repair["repaired"]> {
  return (await session.get<Repair>("/api/v1/repair")).repaired;
}

/** Looks on until the dead node is given up and every chunk has all its copies again. */
export async function watchRepair(
  session: CoordinatorSession,
  death: { readonly node: string; readonly atMs: number; readonly before: Repair["repaired"] },
  signal: AbortSignal,
): Promise<RepairTimes> {
  const since = (): number => (performance.now() - death.atMs) / 1000;
  let suspectS: number | undefined;
  let offlineS: number | undefined;
  let begunS: number | undefined;
  while (since() * 1000 < WHOLE_MS_MAX) {
    await session.renew();
    const status = await nodeStatus(session, death.node);
    if (status !== "active") suspectS ??= since();
    if (status === "offline") offlineS ??= since();
    const repair = await session.get<Repair>("/api/v1/repair");
    const bytes = repair.repaired.bytes - death.before.bytes;
    if (repair.in_flight_count > 0 || bytes > 0) begunS ??= since();
    if (suspectS !== undefined && offlineS !== undefined && begunS !== undefined && (await session.isSettled())) {
      const copies = repair.repaired.copies - death.before.copies;
      const wholeS = since();
      const { repaired } = await session.get<Repair>("/api/v1/repair");
      return { suspectS, offlineS, begunS, wholeS, bytes: repaired.bytes - death.before.bytes, copies };
    }
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
  throw new Error(`the chunks were not whole again ${WHOLE_MS_MAX / 1000} s after ${death.node} died`);
}

async function nodeStatus(session: CoordinatorSession, name: string): Promise<string> {
  const { items } = await session.get<{
    readonly items: readonly { readonly name: string; readonly status: string }[];
  }>("/api/v1/nodes?limit=100");
  return items.find((node) => node.name === name)?.status ?? "unknown";
}
