import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCoordinatorConfig } from "../config/coordinator-config.ts";
import { ManualClock } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { openPaymentProvider } from "./open-payment-provider.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "commonhold-payments-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const KEY = "sk_test_51Commonhold0000000000";
const LIVE_KEY = "rk_live_51Commonhold0000000000";
const SIGNING = "whsec_Commonhold0000000000";

async function open(
  text: string,
  secrets: { readonly key?: string; readonly signing?: string; readonly mode?: number },
) {
  const { key, signing, mode = 0o600 } = secrets;
  if (key !== undefined) await writeSecret("stripe-secret.key", key, mode);
  if (signing !== undefined) await writeSecret("stripe-webhook.key", signing, mode);
  const config = loadCoordinatorConfig({ text: `[payments]\n${text}`, env: {} });
  return openPaymentProvider(
    {
      clock: new ManualClock(),
      logger: createLogFixture().logger,
      masterKey: new Uint8Array(32),
      publicUrl: () => "http://127.0.0.1:8080",
    },
    { payments: config.payments, publicUrl: config.http.public_url, folder },
  );
}

async function writeSecret(name: string, text: string, mode: number): Promise<void> {
  await writeFile(join(folder, name), text);
  await chmod(join(folder, name), mode);
}

describe("openPaymentProvider", () => {
  it("is local by itself, and asks for no secret", async () => {
    const provider = await open("", {});
    expect([provider.name, provider.remote]).toEqual(["local", undefined]);
  });

  it("is Stripe with two secrets, whose lines may end", async () => {
    const provider = await open('provider = "stripe"', { key: `${KEY}\n`, signing: `${SIGNING}\r\n` });
    expect([provider.name, provider.remote]).toEqual(["stripe", expect.anything()]);
  });

  it("takes real money at a public address in https", async () => {
    const text = 'provider = "stripe"\n[http]\npublic_url = "https://storage.example.org"';
    expect((await open(text, { key: LIVE_KEY, signing: SIGNING })).name).toBe("stripe");
  });

  const stripe = 'provider = "stripe"';
  it.each([
    ["no key", stripe, { signing: SIGNING }, "stripe-secret.key"],
    ["no signing secret", stripe, { key: KEY }, "stripe-webhook.key"],
    ["a publishable key", stripe, { key: "pk_test_51Commonhold0000", signing: SIGNING }, "stripe_secret_key_file"],
    ["the secrets in each other's place", stripe, { key: SIGNING, signing: KEY }, "stripe_secret_key_file"],
    ["two lines", stripe, { key: KEY, signing: `${SIGNING}\n${SIGNING}` }, "stripe_webhook_secret_file"],
    ["files that others can read", stripe, { key: KEY, signing: SIGNING, mode: 0o644 }, "chmod 600"],
    ["real money and no public address", stripe, { key: LIVE_KEY, signing: SIGNING }, "http.public_url is not set"],
    [
      "real money over http",
      `${stripe}\n[http]\npublic_url = "http://storage.example.org"`,
      { key: LIVE_KEY, signing: SIGNING },
      "http.public_url is http:",
    ],
    [
      "real money for a stand-in",
      `${stripe}\nstripe_api_url = "http://127.0.0.1:1"\n[http]\npublic_url = "https://storage.example.org"`,
      { key: LIVE_KEY, signing: SIGNING },
      "stripe_api_url",
    ],
  ])("refuses %s, and shows no secret", async (_what, text, secrets, says) => {
    const refusal = await open(text, secrets).catch((error: unknown) => error as Error);
    expect(refusal).toMatchObject({ code: "INVALID_CONFIG", message: expect.stringContaining(says) });
    expect(JSON.stringify(refusal) + (refusal as Error).message).not.toContain("Commonhold00");
  });
});
