import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startCoordinator } from "./coordinator.ts";
import { type FakeStripe, openFakeStripe, TEST_KEY } from "./credits/stripe/fake-stripe.fixture.ts";
import { openStripe } from "./credits/stripe/open-stripe.ts";
import { eventOf, paidSession, signatureOf } from "./credits/stripe/stripe-events.fixture.ts";
import { createLogFixture } from "./http/http.fixture.ts";

const SECRET = "whsec_Commonhold0000000000";

let fake: FakeStripe;
let folder: string;
beforeEach(async () => {
  fake = await openFakeStripe();
  folder = join(await mkdtemp(join(tmpdir(), "commonhold-coordinator-")), "data");
  await mkdir(folder, { mode: 0o700 });
});
afterEach(async () => {
  await fake.close();
  await rm(join(folder, ".."), { recursive: true, force: true });
});

const start = () =>
  startCoordinator(
    { clock: systemClock, random: systemRandom },
    {
      folder,
      version: "0.0.0-test",
      logger: createLogFixture().logger,
      settings: {
        http: { port: 0 },
        p2p: { listen: ["/ip4/127.0.0.1/tcp/0"] },
        payments: { provider: "stripe", stripe_api_url: fake.url },
      },
    },
  );

it("sells credits by Stripe where the settings say so", async () => {
  await writeFile(join(folder, "stripe-secret.key"), `${TEST_KEY}\n`, { mode: 0o600 });
  await writeFile(join(folder, "stripe-webhook.key"), `${SECRET}\n`, { mode: 0o600 });
  const coordinator = await start();
  try {
    const call = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const answer = await fetch(coordinator.url + path, { method: "POST", body: text, headers });
      return { status: answer.status, body: (await answer.json()) as ReturnType<typeof JSON.parse> };
    };
    const login = { email: "ada@example.org", password: "correct horse battery" };
    const token = (await call("/api/v1/auth/register", login)).body.access_token;
    const authorization = `Bearer ${token}`;
    const bought = await call("/api/v1/auth/credits/purchase", { amount_usd: 3 }, { authorization });
    expect(bought).toMatchObject({ status: 201, body: { status: "pending", provider: "stripe" } });
    const session = fake.sessions.get(bought.body.payment_id)!;
    expect(session.success_url).toBe(`${coordinator.url}/api/v1/payments/return?outcome=paid`);
    const event = eventOf("checkout.session.completed", paidSession(session));
    const { webhooks } = await openStripe({ secretKey: TEST_KEY });
    const signature = signatureOf(webhooks, event, { secret: SECRET, atMs: Date.now() });
    expect((await call("/api/v1/payments/stripe/webhook", event, { "stripe-signature": signature })).status).toBe(200);
    const me = await fetch(`${coordinator.url}/api/v1/auth/me`, { headers: { authorization } });
    expect(await me.json()).toMatchObject({ credits: { available: "310" } });
  } finally {
    await coordinator.stop();
  }
});

it("does not start without the secrets", async () => {
  await expect(start()).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    message: expect.stringContaining("stripe-secret.key"),
  });
});

/** Imports the coordinator, and chooses a payment provider, telling of each import of "stripe". */
const WATCHED_START = `
import { registerHooks } from "node:module";
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === "stripe") console.log("stripe is loaded");
    return next(specifier, context);
  },
});
await import("./coordinator.ts");
const { openStripe } = await import("./credits/stripe/open-stripe.ts");
console.log("ready");
await openStripe({ secretKey: "sk_test_x" });
`;

it("loads Stripe's library when it is chosen, and not before", async () => {
  const args = ["--input-type=module", "--eval", WATCHED_START];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  expect(stdout).toBe("ready\nstripe is loaded\n");
});
