import { expect, test } from "vitest";
import { json, openHome } from "../../testing/cli-home.ts";

const ADDRESS = "https://pay.example.org/c/1";

async function openCheckout(...statuses: string[]) {
  const { run, fake } = await openHome();
  fake.state.checkout = statuses;
  const looks = () => fake.calls.filter((call) => call.includes("/credits/purchases/")).length;
  return { run, looks };
}

test("a purchase at a checkout shows where to pay, for people and for programs", async () => {
  const { run, looks } = await openCheckout("completed");
  const [plain, asJson] = await Promise.all([
    run(["credits", "buy", "10", "--no-wait"]),
    run(["credits", "buy", "10", "--json"]),
  ]);
  expect(plain).toMatchObject({ stdout: `${ADDRESS}\n`, exitCode: 0 });
  expect(plain.stderr).toMatch(/^Pay 10 USD for 10 credits at this address, until \d{4}-[\d :-]+:\n$/);
  expect(json(asJson.stdout)).toMatchObject({
    status: "pending",
    checkout_url: ADDRESS,
    payment_id: expect.any(String),
  });
  expect(asJson).toMatchObject({ stderr: "", exitCode: 0 });
  expect(looks()).toBe(0);
});

test("it waits for the payment, and says how it ended", async () => {
  const outcomes = await Promise.all(
    ["completed", "processing", "expired"].map(async (status) => {
      const { run } = await openCheckout(status);
      const { stdout, stderr, exitCode } = await run(["credits", "buy", "10"]);
      return { last: stdout.replace(`${ADDRESS}\n`, ""), stderr, exitCode };
    }),
  );
  expect(outcomes).toMatchObject([
    { last: "bought 10 credits for 10 USD; 10.5 available\n", exitCode: 0 },
    { last: expect.stringContaining("when the bank has paid"), exitCode: 0 },
    { last: "", stderr: expect.stringContaining("the payment has expired: nothing was bought"), exitCode: 70 },
  ]);
});

test("Ctrl-C ends the wait, and the purchase stays", async () => {
  const { run } = await openCheckout("pending");
  const { stdout, stderr, exitCode } = await run(["credits", "buy", "10"], {
    onStart: (child) => void child.stderr.on("data", (text) => String(text).includes("Ctrl-C") && child.kill("SIGINT")),
  });
  expect({ stdout, exitCode }).toEqual({ stdout: `${ADDRESS}\n`, exitCode: 130 });
  expect(stderr).toContain("Ctrl-C ends the wait, not the purchase");
});
