import { AppError } from "@commonhold/core/app-error.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApiFixture, createApiFixture } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { createPaymentNotices } from "./payment-notices.ts";
import type { PaymentState } from "./payment-provider.ts";
import { createPurchaseBooking } from "./purchase-booking.ts";

const BODY = new Uint8Array(0);

let api: ApiFixture;
let paid: PaymentState;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  const { id } = await api.newUser();
  paid = {
    status: "paid",
    terms: { paymentId: "pay-1", userId: id, amountUsdCents: 100, microCredits: 100_000_000n },
  };
});
afterEach(() => api.close());

/** Notices over the fixture's metadata, where the first application of each command named fails. */
function openNotices(failing: readonly string[] = []) {
  const { logger, logLines } = createLogFixture();
  const left = new Set(failing);
  const apply: Metadata["apply"] = (name, payload) => {
    if (left.delete(name)) throw new AppError("STORAGE_FAILURE", `${name} fails`);
    return api.metadata.apply(name, payload);
  };
  const deps = { metadata: { ...api.metadata, apply }, clock: api.clock, random: systemRandom };
  const booking = createPurchaseBooking(deps, "test");
  let state = paid;
  const notices = createPaymentNotices(
    {
      ...deps,
      booking,
      logger,
      registry: new Registry(),
      remote: {
        readNotice: (_body, eventId) => ({ eventId, kind: "paid", content: { verdict: "payment", state } }),
      },
    },
    "test",
  );
  return { notices, logLines, set: (next: PaymentState) => void (state = next) };
}

const credits = async (): Promise<bigint | undefined> =>
  (
    await api.metadata.read
      .selectFrom("ledger_accounts")
      .select("balance_microcredits")
      .where("id", "=", `user:${paid.terms.userId}:available`)
      .executeTakeFirst()
  )?.balance_microcredits;

it.each([["ledger.purchase"], ["payment.event"]])("books once where %s fails at first", async (command) => {
  const { notices } = openNotices([command]);
  await expect(notices.receive(BODY, "evt-1")).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
  expect(await notices.receive(BODY, "evt-1")).toBe(command === "payment.event" ? "repeated" : "booked");
  expect(await notices.receive(BODY, "evt-1")).toBe("repeated");
  expect(await credits()).toBe(110_000_000n);
});

it("does not take what one event was as another's", async () => {
  const { notices, set } = openNotices();
  set({ ...paid, status: "processing" });
  expect(await notices.receive(BODY, "evt-1")).toBe("noted");
  set(paid);
  expect(await notices.receive(BODY, "evt-1")).toBe("repeated");
  expect(await notices.receive(BODY, "evt-2")).toBe("booked");
  expect(await credits()).toBe(110_000_000n);
});

it("says aloud what was paid and cannot be booked, each time", async () => {
  const { notices, logLines, set } = openNotices();
  set({ ...paid, terms: { ...paid.terms, userId: "gone" } });
  expect(await notices.receive(BODY, "evt-1")).toBe("unbookable");
  set(paid);
  expect(await notices.receive(BODY, "evt-1")).toBe("booked");
  set({ ...paid, terms: { ...paid.terms, amountUsdCents: 200, microCredits: 200_000_000n } });
  expect(await notices.receive(BODY, "evt-2")).toBe("unbookable");
  expect(logLines.filter(({ level }) => level === "error" || level === 50)).toHaveLength(2);
  expect(await credits()).toBe(110_000_000n);
});
