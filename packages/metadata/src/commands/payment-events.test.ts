import { beforeEach, describe, expect, it } from "vitest";
import { type EconomyFixture, openEconomy } from "./economy.fixture.ts";

let metadata: EconomyFixture["metadata"];

beforeEach(async () => {
  ({ metadata } = await openEconomy());
});

describe("payment.event", () => {
  it("is new once", async () => {
    const event = { id: "evt_1", provider: "stripe", kind: "checkout.session.completed", now_ms: 1 };
    expect(await metadata.apply("payment.event", event)).toEqual({ repeated: false });
    expect(await metadata.apply("payment.event", { ...event, now_ms: 2 })).toEqual({ repeated: true });
    expect(await metadata.apply("payment.event", { ...event, provider: "other" })).toEqual({ repeated: false });
  });
});
