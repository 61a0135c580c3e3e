import { inspect } from "node:util";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { ensureFirstAccount, readablePassword } from "./first-account.ts";

let api: ApiFixture;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
});
afterEach(() => api.close());

const ensure = () => {
  const { metadata, clock, hasher, masterKey, folder } = api;
  const { logger } = createLogFixture();
  return ensureFirstAccount(
    { metadata, clock, random: systemRandom, hasher, masterKey, logger },
    { file: join(folder, "first-account.json"), email: "Trial@commonhold.local", microCredits: 1_000_000_000n },
  );
};
const readFirst = async () =>
  JSON.parse(await readFile(join(api.folder, "first-account.json"), "utf8")) as { email: string; password: string };

describe("ensureFirstAccount", () => {
  it("makes an admin whose password is in a private file", async () => {
    expect(await ensure()).toBe(true);
    expect((await stat(join(api.folder, "first-account.json"))).mode & 0o777).toBe(0o600);
    const login = await api.call("POST", "/api/v1/auth/login", { body: await readFirst() });
    expect(login.body.user).toMatchObject({ email: "trial@commonhold.local", role: "admin" });
    const me = await api.call("GET", "/api/v1/auth/me", { token: login.body.access_token });
    expect(me.body.credits.available).toBe("1000");
  });

  it("does nothing at the next start, and nothing where there are accounts", async () => {
    await ensure();
    const before = await readFirst();
    expect(await ensure()).toBe(false);
    expect(await readFirst()).toEqual(before);
  });

  it("goes on with the file of a start that was cut off", async () => {
    const file = join(api.folder, "first-account.json");
    await writeFile(file, '{"email":"early@example.org","password":"written before"}', { mode: 0o600 });
    expect(await ensure()).toBe(true);
    const body = { email: "early@example.org", password: "written before" };
    expect((await api.call("POST", "/api/v1/auth/login", { body })).status).toBe(200);
  });

  it("says what to do with a damaged file", async () => {
    await writeFile(join(api.folder, "first-account.json"), '{"email":"x"', { mode: 0o600 });
    await expect(ensure()).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("remove"),
    });
  });

  it("never quotes a damaged file, which may hold a password", async () => {
    await writeFile(join(api.folder, "first-account.json"), '{"email":"x","password":hunter2-hunter2}', {
      mode: 0o600,
    });
    const error: unknown = await ensure().catch((thrown: unknown) => thrown);
    expect(inspect(error, { depth: null })).toContain("not valid JSON");
    expect(inspect(error, { depth: null })).not.toContain("hunter");
  });
});

describe("readablePassword", () => {
  it("uses every random bit that it says it does", () => {
    const all = new Set(
      Array.from({ length: 64 }, (_, byte) =>
        readablePassword({ bytes: (n) => new Uint8Array(n).fill(byte), fraction: () => 0 }),
      ),
    );
    expect(all.size).toBe(64);
    expect(readablePassword(systemRandom)).toMatch(/^([a-z]{4}-){5}[a-z]{4}$/);
  });
});
