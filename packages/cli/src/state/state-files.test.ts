import { mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { expect, test } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import { createCredentialsFile } from "./credentials-file.ts";
import { openPartialDownload } from "./partial-download.ts";
import { createUploadState } from "./upload-state.ts";
import { userFolders } from "./user-folders.ts";

const URL_A = "http://a.example:8080";
const URL_B = "http://b.example:8080";

test("credentials are kept for each coordinator, for nobody else to read", async () => {
  const folder = join(await tempFolder(), "config");
  const file = createCredentialsFile(folder);
  expect(await file.storeFor(URL_A).read()).toBeUndefined();
  await file.storeFor(URL_A).write({ accessToken: "a1", refreshToken: "r1" });
  await file.noteLogin(URL_A, "ada@example.org");
  await file.storeFor(URL_B).write({ accessToken: "b1" });
  expect((await stat(join(folder, "credentials.json"))).mode & 0o777).toBe(0o600);
  const again = createCredentialsFile(folder);
  expect(await again.storeFor(URL_A).read()).toMatchObject({ accessToken: "a1", refreshToken: "r1" });
  expect(await again.emailAt(URL_A)).toBe("ada@example.org");
  expect(await again.lastCoordinator()).toBe(URL_A);
});

test("renewed tokens leave the last login as it is; a logout forgets it", async () => {
  const folder = join(await tempFolder(), "config");
  const file = createCredentialsFile(folder);
  await file.storeFor(URL_A).write({ accessToken: "a1", refreshToken: "r1" });
  await file.noteLogin(URL_A, "ada@example.org");
  await file.storeFor(URL_A).write({ accessToken: "a2", refreshToken: "r2" });
  await file.storeFor(URL_B).write({ accessToken: "b1" });
  expect(await file.lastCoordinator()).toBe(URL_A);
  expect(await file.emailAt(URL_A)).toBe("ada@example.org");
  await file.storeFor(URL_A).write(undefined);
  expect(await file.lastCoordinator()).toBeUndefined();
  expect(await file.storeFor(URL_A).read()).toBeUndefined();
  expect(await file.storeFor(URL_B).read()).toMatchObject({ accessToken: "b1" });
});

test("those who want to change the credentials at once take turns", async () => {
  const folder = join(await tempFolder(), "config");
  const stores = [createCredentialsFile(folder).storeFor(URL_A), createCredentialsFile(folder).storeFor(URL_A)];
  let inside = 0;
  let insideMax = 0;
  await Promise.all(
    [...stores, ...stores].map((store) =>
      store.exclusively(async () => {
        insideMax = Math.max(insideMax, ++inside);
        await new Promise(setImmediate);
        inside--;
      }),
    ),
  );
  expect(insideMax).toBe(1);
});

test.each([
  "[]",
  "{",
  '{"version":2,"coordinators":{}}',
  '{"version":1,"coordinators":null}',
  '{"version":1,"coordinators":[]}',
  '{"version":1,"coordinators":{"http://a.example":null}}',
  '{"version":1,"coordinators":{"http://a.example":{}}}',
  '{"version":1,"coordinators":{"http://a.example":{"accessToken":7}}}',
  '{"version":1,"coordinators":{"http://a.example":{"accessToken":"a","refreshToken":null}}}',
  '{"version":1,"coordinators":{"http://a.example":{"accessToken":"a","email":{}}}}',
  '{"version":1,"last":7,"coordinators":{}}',
])("a file that is no credentials is refused with what to do: %s", async (text) => {
  const folder = await tempFolder();
  await writeFile(join(folder, "credentials.json"), text, { mode: 0o600 });
  const file = createCredentialsFile(folder);
  for (const read of [file.lastCoordinator, () => file.emailAt(URL_A), () => file.storeFor(URL_A).read()]) {
    await expect(read()).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("log in again"),
    });
  }
});

test("folders follow the XDG variables where they are absolute", () => {
  expect(userFolders({ XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "relative" }, "/home/ada")).toEqual({
    config: "/c/commonhold",
    state: "/home/ada/.local/state/commonhold",
    cache: "/home/ada/.cache/commonhold",
  });
});

test("an upload is found again only for the same file, and forgotten when old", async () => {
  const folder = await tempFolder();
  const state = createUploadState({ clock: systemClock }, { folder });
  const identity = { coordinator: URL_A, accountId: "1", path: "/a", name: "a", sizeBytes: 5, modifiedAtMs: 7 };
  expect(await state.find(identity)).toBeUndefined();
  await state.keep(identity, "session-1");
  expect(await state.find(identity)).toBe("session-1");
  for (const other of [
    { coordinator: URL_B },
    { accountId: "2" },
    { path: "/b" },
    { name: "b" },
    { sizeBytes: 6 },
    { modifiedAtMs: 8 },
  ]) {
    expect(await state.find({ ...identity, ...other })).toBeUndefined();
  }
  const [record] = await readdir(join(folder, "uploads"));
  await utimes(join(folder, "uploads", record!), 1, 1);
  await state.keep({ ...identity, path: "/c" }, "session-2");
  expect(await state.find(identity)).toBeUndefined();
  expect(await state.find({ ...identity, path: "/c" })).toBe("session-2");
  await state.forget({ ...identity, path: "/c" });
  expect(await readdir(join(folder, "uploads"))).toEqual([]);
});

async function partOf(folder: string, fileId = "f1") {
  const options = { folder: join(folder, "state"), target: join(folder, "a.txt"), coordinator: URL_A, fileId };
  return openPartialDownload({ clock: systemClock }, options);
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("a paused download goes on at its end, and takes its place when finished", async () => {
  const folder = await tempFolder();
  const first = await partOf(folder);
  expect(first.resume).toBeUndefined();
  await first.noteEtag('"v1"');
  await first.sink.write(bytes("hello "));
  await first.pause();
  const second = await partOf(folder);
  expect(second.resume).toEqual({ offset: 6, etag: '"v1"' });
  await second.sink.write(bytes("world"));
  await second.finish();
  expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("hello world");
  expect(await readdir(folder)).toEqual(["a.txt", "state"]);
  expect(await readdir(join(folder, "state", "downloads"))).toEqual([]);
});

test("a part of another file, or of nothing that is known, is begun anew", async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, "a.txt.part"), "who knows");
  const unknown = await partOf(folder);
  expect(unknown).toMatchObject({ sink: { sizeBytes: 9 } });
  expect(unknown.resume).toBeUndefined();
  await unknown.noteEtag('"v1"');
  await unknown.sink.write(bytes("abc"));
  await unknown.pause();
  expect(await readFile(join(folder, "a.txt.part"), "utf8")).toBe("abc");
  const other = await partOf(folder, "f2");
  expect(other.resume).toBeUndefined();
  await other.pause();
});

test("of a part from before a restart of the machine only what was synced counts", async () => {
  const folder = await tempFolder();
  const first = await partOf(folder);
  await first.noteEtag('"v1"');
  await first.sink.write(bytes("abc"));
  await first.pause();
  await writeFile(join(folder, "a.txt.part"), "abc\0\0\0\0");
  await utimes(join(folder, "a.txt.part"), 1, 1);
  const second = await partOf(folder);
  expect(second.resume).toEqual({ offset: 3, etag: '"v1"' });
  await second.pause();
  expect(await readFile(join(folder, "a.txt.part"), "utf8")).toBe("abc");
});

test.each([
  { etag: 7 },
  { etag: null },
  { etag: "" },
  { synced_bytes: "3" },
  { synced_bytes: -1 },
  { synced_bytes: 1.5 },
  { synced_bytes: null },
])("a note with %j in it counts as none", async (wrong) => {
  const folder = await tempFolder();
  const first = await partOf(folder);
  await first.noteEtag('"v1"');
  await first.sink.write(bytes("abc"));
  await first.pause();
  const downloads = join(folder, "state", "downloads");
  const [key] = await readdir(downloads);
  const note = join(downloads, key!, "part.json");
  await writeFile(note, JSON.stringify({ ...JSON.parse(await readFile(note, "utf8")), ...wrong }));
  const second = await partOf(folder);
  expect(second.resume).toBeUndefined();
  await second.pause();
});

test("two downloads to one place are refused", async () => {
  const folder = await tempFolder();
  const first = await partOf(folder);
  await expect(partOf(folder)).rejects.toMatchObject({ code: "ALREADY_RUNNING" });
  await first.pause();
});

test("a download that cannot be put in its place keeps its part", async () => {
  const folder = await tempFolder();
  const part = await partOf(folder);
  await part.sink.write(bytes("abc"));
  await mkdir(join(folder, "a.txt"));
  await expect(part.finish()).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
});
