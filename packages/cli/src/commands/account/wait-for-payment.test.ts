import type { PurchaseProgress } from "@commonhold/client/credits.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { expect, it } from "vitest";
import { waitForPayment } from "./wait-for-payment.ts";

const away = new AppError("COORDINATOR_UNREACHABLE", "nobody answers");

/** Waits over the statuses given, one a look; an error is thrown. */
async function wait(answers: readonly (string | Error)[]) {
  const pausesMs: number[] = [];
  const rest = [...answers];
  const controller = new AbortController();
  const outcome = waitForPayment(
    {
      progress: async () => {
        const answer = rest.shift() ?? new Error("asked once too often");
        if (answer instanceof Error) throw answer;
        return { payment_id: "cs_1", status: answer } as PurchaseProgress;
      },
      sleep: async (ms) => {
        pausesMs.push(ms);
        if (rest.length === 0) controller.abort(new Error("given up"));
      },
    },
    controller.signal,
  );
  return { purchase: await outcome, pausesMs, rest };
}

it.each(["completed", "processing", "failed", "expired"])("ends when it is %s", async (status) => {
  const { purchase, rest } = await wait(["pending", "pending", status, "unasked"]);
  expect([purchase.status, rest]).toEqual([status, ["unasked"]]);
});

it("looks less and less often, to four times in a minute", async () => {
  const { pausesMs } = await wait([...Array.from({ length: 20 }, () => "pending"), "completed"]);
  expect(pausesMs[0]).toBe(2000);
  expect(pausesMs.at(-1)).toBe(15_000);
  expect(pausesMs).toEqual(pausesMs.toSorted((a, b) => a - b));
});

it("goes on over what passes, and gives up where it does not", async () => {
  expect((await wait([away, away, away, away, "pending", away, away, away, away, "completed"])).rest).toEqual([]);
  await expect(wait([away, away, away, away, away, "completed"])).rejects.toBe(away);
  const gone = new AppError("NOT_FOUND", "there is no such purchase");
  await expect(wait([gone, "completed"])).rejects.toBe(gone);
});

it("can be given up", async () => {
  await expect(wait(["pending"])).rejects.toThrow("given up");
});
