import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import { auditSeed } from "@commonhold/core/audit/audit-seed.ts";
import { utcDayStartMs } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { expect, it } from "vitest";
import { createAuditPeriods } from "./audit-periods.ts";

const HOUR_MS = 3_600_000;
const NODE = "node" as NodeId;

function open(cycleMs = 4 * HOUR_MS) {
  const commitments = new Map<string, Uint8Array>();
  const keys = new Map<string, Uint8Array>();
  const { sha256, hmacSha256 } = platformCrypto;
  const ledger = {
    openPeriod: async ({ day, commitment }: { day: string; commitment: Uint8Array }) => {
      commitments.set(day, commitment);
    },
    revealPeriod: async ({ day, key }: { day: string; key: Uint8Array }) => {
      keys.set(day, key);
    },
    hiddenPeriods: async () => [...commitments.keys()].filter((day) => !keys.has(day)).sort(),
  };
  const periods = createAuditPeriods(
    { masterKey: new Uint8Array(32).fill(1), sha256, hmacSha256, ledger },
    { cycleMs },
  );
  return { periods, commitments, keys };
}

it("lets anybody recompute the seeds of a day that is over, from the key that was committed to", async () => {
  const { periods, commitments, keys } = open();
  const of = { nodeId: NODE, window: 12, number: 3 };
  await periods.open("2026-01-31", 0);
  const seed = periods.seedOf("2026-01-31", of);
  expect(periods.seedOf("2026-02-01", of)).not.toEqual(seed);
  expect(await periods.revealEnded(utcDayStartMs("2026-02-01") - 1)).toEqual([]);
  expect(await periods.revealEnded(utcDayStartMs("2026-02-01"))).toEqual(["2026-01-31"]);
  const key = keys.get("2026-01-31")!;
  expect(platformCrypto.sha256(key)).toEqual(commitments.get("2026-01-31"));
  expect(auditSeed(key, of, platformCrypto.hmacSha256)).toEqual(seed);
  expect(await periods.revealEnded(utcDayStartMs("2026-02-02"))).toEqual([]);
});

it("does not tell the order of a cycle before it is over, though the day in which it began is", async () => {
  const { periods } = open(7 * HOUR_MS);
  await periods.open("2026-01-31", 0);
  const dayEndMs = utcDayStartMs("2026-02-01");
  const cycleEndMs = Math.ceil(dayEndMs / (7 * HOUR_MS)) * 7 * HOUR_MS;
  expect(cycleEndMs).toBeGreaterThan(dayEndMs);
  expect(await periods.revealEnded(cycleEndMs - 1)).toEqual([]);
  expect(await periods.revealEnded(cycleEndMs)).toEqual(["2026-01-31"]);
});
