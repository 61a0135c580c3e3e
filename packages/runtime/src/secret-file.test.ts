import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readOrCreateSecretFile, readSecretFile, readSecretFileIfPresent, writeSecretFile } from "./secret-file.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "commonhold-secret-file-"));
  path = join(folder, "identity.key");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("secret files", () => {
  it("are created once, with mode 0600, and read back", async () => {
    let made = 0;
    const make = () => new Uint8Array([made++, 7]);
    expect(await readOrCreateSecretFile(path, make)).toEqual(new Uint8Array([0, 7]));
    expect(await readOrCreateSecretFile(path, make)).toEqual(new Uint8Array([0, 7]));
    expect(made).toBe(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["identity.key"]);
  });

  it("are the same for all who create one at once", async () => {
    const makers = Array.from({ length: 20 }, (_, index) => readOrCreateSecretFile(path, () => `secret ${index}`));
    const secrets = await Promise.all(makers);
    expect(new Set(secrets.map((secret) => new TextDecoder().decode(secret))).size).toBe(1);
    expect(secrets[0]).toEqual(await readSecretFile(path));
    expect(await readdir(folder)).toEqual(["identity.key"]);
  });

  it.runIf(process.platform !== "win32").each([0o604, 0o640, 0o660, 0o644, 0o601])(
    "are refused with mode %o",
    async (mode) => {
      await writeSecretFile(path, "secret");
      await chmod(path, mode);
      const failure = { code: "INVALID_CONFIG", message: expect.stringContaining(`chmod 600 ${path}`) };
      await expect(readSecretFile(path)).rejects.toMatchObject(failure);
      await expect(readOrCreateSecretFile(path, () => "other")).rejects.toMatchObject(failure);
    },
  );

  it.runIf(process.platform !== "win32").each([0o600, 0o400])("are read with mode %o", async (mode) => {
    await writeSecretFile(path, "secret");
    await chmod(path, mode);
    expect(new TextDecoder().decode(await readSecretFile(path))).toBe("secret");
  });

  it("quote a strange path for the shell", async () => {
    const strange = join(folder, "it's a key");
    await writeFile(strange, "secret", { mode: 0o644 });
    await expect(readSecretFile(strange)).rejects.toThrow(`chmod 600 '${folder}/it'\\''s a key'`);
  });

  it("that are missing, empty or far too large are told", async () => {
    expect(await readSecretFileIfPresent(path)).toBeUndefined();
    await expect(readSecretFile(path)).rejects.toMatchObject({ code: "INVALID_CONFIG" });
    await writeSecretFile(path, "");
    await expect(readSecretFile(path)).rejects.toThrow("0 bytes");
    await writeSecretFile(path, new Uint8Array(64 * 1024 + 1));
    await expect(readSecretFile(path)).rejects.toThrow("65537 bytes");
  });
});
