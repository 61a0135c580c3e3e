import type { NodeId } from "@commonhold/core/ids.ts";
import { createIdentity, verifySignature } from "@commonhold/p2p/identity.ts";
import { GRANT_CLOCK_SKEW_MS, issueGrant, type SignedGrant } from "@commonhold/wire/grant.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createGrantChecker, type GrantChecker } from "./grant-checker.ts";

const DAY_MS = 24 * 3_600_000;
const LIFETIME_MS = 300_000;
const coordinator = createIdentity();
const nodeId = createIdentity().peerId as NodeId;
const chunkName = testChunk(1).name;

let coordinatorClock: ManualClock;
let nodeClock: ManualClock;
let check: GrantChecker;
beforeEach(() => {
  coordinatorClock = new ManualClock();
  nodeClock = new ManualClock();
  const deps = { clock: nodeClock, verify: verifySignature };
  check = createGrantChecker(deps, { nodeId, coordinatorPeerId: coordinator.peerId });
});

function newGrant(): SignedGrant {
  return issueGrant(
    {
      issuer: coordinator.peerId,
      node: nodeId,
      subject: coordinator.peerId,
      action: "store",
      chunkName,
      lengthMax: 100,
      expiresAtMs: coordinatorClock.nowMs() + LIFETIME_MS,
      nonce: new Uint8Array(16),
    },
    (bytes) => coordinator.sign(bytes),
  );
}

function present(grant: SignedGrant): void {
  check(grant, { subject: coordinator.peerId, action: "store", chunkName, length: 100 });
}

const expired = expect.objectContaining({ code: "INVALID_GRANT", message: expect.stringContaining("expired") });

describe("a grant between two clocks", () => {
  it("of which the node's was set a day forward, or the coordinator's back, has expired", () => {
    nodeClock.advance(DAY_MS);
    expect(() => present(newGrant())).toThrow(expired);
    nodeClock.advance(-DAY_MS);
    present(newGrant());
    coordinatorClock.advance(-DAY_MS);
    expect(() => present(newGrant())).toThrow(expired);
    coordinatorClock.advance(DAY_MS);
    present(newGrant());
  });

  it("of which the node's was set a day back, or the coordinator's forward, holds", () => {
    nodeClock.advance(-DAY_MS);
    present(newGrant());
    nodeClock.advance(DAY_MS);
    coordinatorClock.advance(DAY_MS);
    present(newGrant());
  });

  it("holds to the end of its life and some skew, and no longer", () => {
    const grant = newGrant();
    nodeClock.advance(LIFETIME_MS + GRANT_CLOCK_SKEW_MS);
    present(grant);
    nodeClock.advance(1);
    expect(() => present(grant)).toThrow(expired);
  });
});
