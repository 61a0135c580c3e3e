import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import { createAuditRecomputation } from "@commonhold/core/audit/recompute-audits.ts";
import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { afterEach, expect, it } from "vitest";
import { createAuditHistory } from "./audit-history.ts";
import { type AuditNetwork, CYCLE_MS, DAY, openAuditNetwork } from "./audit-network.fixture.ts";

let network: AuditNetwork;
afterEach(() => network.close());

const { sha256, hmacSha256 } = platformCrypto;
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** A day of audits, and what anybody may read of it once it is over. */
async function passDay() {
  network = await openAuditNetwork({ nodes: 2 });
  for (let chunk = 0; chunk < 25; chunk++) await network.store(network.nodes);
  await network.pass(2 * CYCLE_MS);
  await network.periods.revealEnded(network.api.clock.nowMs() + 2 * DAY_MS);
  const history = createAuditHistory({ metadata: network.api.metadata, clock: network.api.clock });
  const [period] = await history.periods({ limit: 1 });
  const [node] = network.nodes as [AuditNetwork["nodes"][number]];
  const audits = await history.audits({ nodeId: node.id, day: DAY, limit: 1_000 });
  const periodKey = bytesOf(period!.key!);
  const recompute = createAuditRecomputation({ periodKey, orderKeys: [periodKey] }, { sha256, hmacSha256 });
  return { node, audits, recompute };
}

it("what was asked of a node is what the day's key says, in seed and order", async () => {
  const { node, audits, recompute } = await passDay();
  const found = new Map(audits.map((audit) => [audit.id, recompute({ ...audit, nodeId: node.id })]));
  // Fifty, but for those that fall on the same second.
  expect(node.asked.length).toBeGreaterThan(30);
  for (const { challengeId, seed } of node.asked) {
    const { isInOrder, seed: again } = found.get(hexOf(challengeId))!;
    expect([hexOf(again), isInOrder]).toEqual([hexOf(seed), true]);
  }
});

it("a chunk that was picked by hand is hardly ever in order", async () => {
  const { node, audits, recompute } = await passDay();
  const picked = audits.map((audit, index) => {
    const chunkNames = [hexOf(sha256(Uint8Array.of(index))) as ChunkName];
    return recompute({ ...audit, nodeId: node.id, chunkNames }).isInOrder;
  });
  expect(picked.filter((isInOrder) => isInOrder).length).toBeLessThan(picked.length / 6);
});
