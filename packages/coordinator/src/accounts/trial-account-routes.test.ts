import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, PASSWORD } from "../http/api.fixture.ts";
import { createHttpFixture } from "../http/http.fixture.ts";
import { registerTrialAccountRoute } from "./trial-account-routes.ts";

const NOTHING = { email: null, password_file: null };

let api: ApiFixture;
let file: string;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  file = join(api.folder, "first-account.json");
});
afterEach(() => api.close());

async function ask(headers: Record<string, string> = {}): Promise<unknown> {
  const { app } = await createHttpFixture();
  registerTrialAccountRoute(app, { metadata: api.metadata, firstAccountFile: file });
  try {
    return (await app.inject({ url: "/api/v1/auth/trial-account", headers: { host: "x", ...headers } })).json();
  } finally {
    await app.close();
  }
}

it("tells which account the first start made, and where its password stands", async () => {
  const { email } = await api.newUser("admin");
  await writeFile(file, JSON.stringify({ email, password: PASSWORD }), { mode: 0o600 });
  expect(await ask()).toEqual({ email, password_file: file });
  expect(await ask({ "x-forwarded-for": "10.0.0.1" })).toEqual(NOTHING);
  await api.newUser();
  expect(await ask()).toEqual(NOTHING);
});

it("tells nothing once the password is another one, or where the file is somebody else's or unreadable", async () => {
  const { email, accessToken: token } = await api.newUser("admin");
  await writeFile(file, JSON.stringify({ email: "before@example.org", password: PASSWORD }), { mode: 0o600 });
  expect(await ask()).toEqual(NOTHING);
  await writeFile(file, "{", { mode: 0o600 });
  expect(await ask()).toEqual(NOTHING);
  await writeFile(file, JSON.stringify({ email, password: PASSWORD }), { mode: 0o600 });
  const body = { current_password: PASSWORD, new_password: "another long password" };
  expect((await api.call("PUT", "/api/v1/auth/password", { token, body })).status).toBe(200);
  expect(await ask()).toEqual(NOTHING);
});
