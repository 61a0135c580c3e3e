import { createHash, createHmac, hkdfSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { NodeId } from "../ids.ts";
import { auditPeriodCommitment, auditPeriodKey, auditSeed } from "./audit-seed.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";

const sha256: Sha256 = (...parts) => new Uint8Array(createHash("sha256").update(Buffer.concat(parts)).digest());
const hmacSha256: HmacSha256 = (key, ...parts) =>
  new Uint8Array(createHmac("sha256", key).update(Buffer.concat(parts)).digest());
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const MASTER_KEY = new Uint8Array(32).fill(0x3a);
const NODE = `12D3KooW${"A".repeat(44)}` as NodeId;

describe("the key of a period", () => {
  it("is HKDF-SHA-256 of RFC 5869", () => {
    const expected = hkdfSync("sha256", MASTER_KEY, new Uint8Array(0), "commonhold audit period2026-01-31", 32);
    expect(hex(auditPeriodKey(MASTER_KEY, "2026-01-31", hmacSha256))).toBe(hex(new Uint8Array(expected)));
  });

  it("keeps to its golden vector, with the commitment and a seed", () => {
    const key = auditPeriodKey(MASTER_KEY, "2026-01-31", hmacSha256);
    expect(hex(key)).toBe("2395348818c032046eb32b209cdd3c5504d33b1a1fe9e0927c6012c77a036d3e");
    expect(hex(auditPeriodCommitment(key, sha256))).toBe(
      "7f12940dbcf67dafe8747189da5327f5ee1a45a68dcc58f86ed553e725832989",
    );
    expect(hex(auditSeed(key, { nodeId: NODE, window: 122_880, number: 7 }, hmacSha256))).toBe(
      "fd4d06469304daaeebbbbf66f7eb7acb35bbe151c81008a99acae8f48c817fe4",
    );
  });
});

describe("a seed", () => {
  it("is another one for another node, window, number and day", () => {
    const key = auditPeriodKey(MASTER_KEY, "2026-01-31", hmacSha256);
    const of = { nodeId: NODE, window: 1, number: 2 };
    const seeds = [
      auditSeed(key, of, hmacSha256),
      auditSeed(key, { ...of, nodeId: `12D3KooW${"B".repeat(44)}` as NodeId }, hmacSha256),
      auditSeed(key, { ...of, window: 2 }, hmacSha256),
      auditSeed(key, { ...of, window: 2, number: 1 }, hmacSha256),
      auditSeed(key, { ...of, number: 2 ** 40 + 2 }, hmacSha256),
      auditSeed(auditPeriodKey(MASTER_KEY, "2026-02-01", hmacSha256), of, hmacSha256),
    ];
    expect(new Set(seeds.map(hex)).size).toBe(seeds.length);
  });
});
