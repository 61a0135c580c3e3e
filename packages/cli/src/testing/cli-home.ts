import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FakeCoordinator, startFakeCoordinator } from "@commonhold/client/testing/fake-coordinator.ts";
import { onTestFinished } from "vitest";
import { type CliOptions, runCli } from "./run-cli.ts";
import { tempFolder } from "./temp-folder.ts";

export const EMAIL = "ada@example.org";
export const PASSWORD = "a long password";

/** A home whose user is logged in to a coordinator of their own. */
export async function openHome(options: { readonly chunkSize?: number; readonly loggedIn?: boolean } = {}) {
  const home = await tempFolder();
  const fake = await startFakeCoordinator({ chunkSize: options.chunkSize ?? 100_000 });
  onTestFinished(() => fake.stop());
  const run = (args: string[], more: Partial<CliOptions> = {}) => runCli(args, { home, ...more });
  if (options.loggedIn !== false) await logIn(home, fake);
  return { home, fake, run };
}

/** As `commonhold register` leaves it, without a process of its own. */
async function logIn(home: string, fake: FakeCoordinator): Promise<void> {
  const id = "00000000-0000-7000-8000-00000000abcd";
  fake.state.users.set(EMAIL, { id, email: EMAIL, name: "Ada", password: PASSWORD });
  fake.state.accessTokens.set("access", { email: EMAIL, expired: false });
  fake.state.refreshTokens.set("refresh", EMAIL);
  const login = { accessToken: "access", refreshToken: "refresh", email: EMAIL };
  const document = { version: 1, last: fake.url, coordinators: { [fake.url]: login } };
  await mkdir(join(home, "config", "commonhold"), { recursive: true });
  const path = join(home, "config", "commonhold", "credentials.json");
  await writeFile(path, JSON.stringify(document), { mode: 0o600 });
}

/** An object from a command's output. */
export const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
