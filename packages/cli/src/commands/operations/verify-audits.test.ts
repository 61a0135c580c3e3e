import { createHash, createHmac } from "node:crypto";
import { FAKE_AUDITS } from "@commonhold/client/testing/fake-audits.ts";
import { keyedWords, NUMBERS_PER_SLOT, planCycle } from "@commonhold/core/audit/audit-schedule.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { expect, test, vi } from "vitest";
import { json, openHome } from "../../testing/cli-home.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const DAY = "2026-01-01";
const KEY = Buffer.alloc(32, 0x5e);
const COMMITMENT = createHash("sha256").update(KEY).digest("hex");
const WINDOW = 7;

const hash = {
  sha256: (...parts: readonly Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest(),
  hmacSha256: (key: Uint8Array, ...parts: readonly Uint8Array[]) =>
    createHmac("sha256", key).update(Buffer.concat(parts)).digest(),
};

/** A coordinator that publishes this, and says that it asked about a chunk of this bucket in the sixth slot. */
async function openDay(change: { readonly commitment?: string; readonly shift?: number; readonly key?: null } = {}) {
  const { run, fake } = await openHome();
  const nodeId = fake.state.nodes[0]!.id as NodeId;
  const permute = keyedWords(KEY, hash);
  const { slots } = planCycle({ nodeId, cycle: WINDOW, cycleMs: 1, chunkCount: 20, permute });
  const bucket = (slots[5]!.bucket + (change.shift ?? 0)) % 256;
  const chunk = bucket.toString(16).padStart(2, "0").repeat(32);
  const number = 5 * NUMBERS_PER_SLOT;
  const audit = { ...FAKE_AUDITS[1]!, window: WINDOW, number, chunks: [{ chunk, outcome: "passed", why: "" }] };
  const period = {
    day: DAY,
    commitment: change.commitment ?? COMMITMENT,
    key: change.key === null ? null : KEY.toString("hex"),
    opened_at: `${DAY}T00:00:00.000Z`,
    revealed_at: null,
  };
  const summary = await fetchSummary(fake.url, nodeId);
  fake.fault = ({ path, response }) => {
    const body = path.endsWith("/audits/periods")
      ? { items: [period], next_cursor: null }
      : path.endsWith("/audits") && { items: [audit], next_cursor: null, summary };
    if (body === false) return false;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    return true;
  };
  const verify = (...more: string[]) => run(["audits", "verify", DAY, "--node", "attic", ...more]);
  return { verify, run, nodeId };
}

async function fetchSummary(url: string, nodeId: string): Promise<unknown> {
  const answer = await fetch(`${url}/api/v1/nodes/${nodeId}/audits`, { headers: { authorization: "Bearer access" } });
  return ((await answer.json()) as { readonly summary: unknown }).summary;
}

test("says that what was asked is what the published key says, and gives the seeds to programs", async () => {
  const { verify, nodeId } = await openDay();
  const { stdout, exitCode } = await verify("--commitment", COMMITMENT.toUpperCase());
  expect(stdout).toMatch(/^Commitment +the same as what you noted and what is published$/m);
  expect(stdout).toMatch(/^Audits +1 of 1 are of chunks whose turn it was by the key$/m);
  expect(exitCode).toBe(0);
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(WINDOW), 0);
  numbers.writeBigUInt64BE(BigInt(5 * NUMBERS_PER_SLOT), 8);
  const seed = createHmac("sha256", KEY).update(nodeId).update(numbers).digest("hex");
  expect(json((await verify("--json")).stdout)).toMatchObject({
    day: DAY,
    commitment: COMMITMENT,
    is_committed: true,
    items: [{ node: "attic", seed, is_in_order: true }],
  });
});

test("fails where the key is another than was committed to, or than was noted", async () => {
  const [published, noted] = await Promise.all([
    openDay({ commitment: "c1".repeat(32) }).then(({ verify }) => verify()),
    openDay().then(({ verify }) => verify("--commitment", "c1".repeat(32))),
  ]);
  for (const { stdout, stderr, exitCode } of [published, noted]) {
    expect(stdout).toMatch(/^Commitment +NOT the same$/m);
    expect(stderr).toContain("not the one that was committed to");
    expect(exitCode).toBe(65);
  }
});

test("fails where a chunk was asked for whose turn it was not", async () => {
  const { verify } = await openDay({ shift: 101 });
  const { stdout, stderr, exitCode } = await verify();
  expect(stdout).toMatch(/^Out of order +(5d){16} of attic$/m);
  expect(stderr).toContain("1 audit of 2026-01-01 broke the order");
  expect(exitCode).toBe(65);
});

test("says when there is nothing to check yet, and what is no day", async () => {
  const { verify, run } = await openDay({ key: null });
  expect(await verify()).toMatchObject({ exitCode: 66, stderr: expect.stringContaining("not published yet") });
  expect(await run(["audits", "verify", "2025-12-31"])).toMatchObject({
    exitCode: 66,
    stderr: expect.stringContaining("nothing was audited on 2025-12-31"),
  });
  expect(await run(["audits", "verify", "yesterday"])).toMatchObject({ exitCode: 64 });
});
