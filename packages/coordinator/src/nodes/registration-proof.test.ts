import { expect, it } from "vitest";
import { registrationProofBytes } from "./registration-proof.ts";

it("is what nodes sign, byte for byte", () => {
  const claim = { joinToken: "chj_token", peerId: "12D3KooWpeer", timestampMs: 1_767_225_600_000 };
  expect(Buffer.from(registrationProofBytes(claim)).toString("latin1")).toBe(
    "commonhold register v1\0chj_token\x0012D3KooWpeer\x001767225600000",
  );
});
