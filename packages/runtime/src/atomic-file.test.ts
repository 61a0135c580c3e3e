import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileDurably } from "./atomic-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "commonhold-atomic-file-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeFileDurably", () => {
  it("creates a file with its mode and leaves nothing else behind", async () => {
    const path = join(folder, "a.json");
    await writeFileDurably(path, "one", 0o600);
    expect(await readFile(path, "utf8")).toBe("one");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["a.json"]);
  });

  it("replaces the whole content and the mode", async () => {
    const path = join(folder, "a.json");
    await writeFileDurably(path, "a long first content", 0o644);
    await writeFileDurably(path, new Uint8Array([1, 2]), 0o600);
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array([1, 2]));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("leaves one whole content where several write at once", async () => {
    const path = join(folder, "a");
    const contents = ["a", "b", "c", "d"].map((letter) => letter.repeat(100_000));
    await Promise.all(contents.map((content) => writeFileDurably(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("says which file it could not write, and keeps the system's error", async () => {
    const path = join(folder, "missing", "a");
    const failure = { code: "STORAGE_FAILURE", cause: expect.objectContaining({ code: "ENOENT" }) };
    await expect(writeFileDurably(path, "x")).rejects.toMatchObject(failure);
    await expect(writeFileDurably(path, "x")).rejects.toThrow(path);
  });

  it("removes its temporary file when the rename fails", async () => {
    await mkdir(join(folder, "taken"));
    await expect(writeFileDurably(join(folder, "taken"), "x")).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  it.runIf(process.platform === "linux")("calls a full disk NO_SPACE", async () => {
    const { toStorageError } = await import("./storage-error.ts");
    await symlink("/dev/full", join(folder, "full"));
    const cause = await import("node:fs/promises").then(({ writeFile }) =>
      writeFile(join(folder, "full"), "x").then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(toStorageError(cause, "Could not write")).toMatchObject({ code: "NO_SPACE", cause });
  });
});
