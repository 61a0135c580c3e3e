import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { expect, test } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import { createCredentialsFile } from "./credentials-file.ts";
import { openPartialDownload } from "./partial-download.ts";
import { createUploadState } from "./upload-state.ts";

// What the command line has left in people's folders: made once, never changed.

const COORDINATOR = "http://a.example:8080";

test("credentials.json has this text, and is read", async () => {
  const TEXT = `{
  "version": 1,
  "last": "${COORDINATOR}",
  "coordinators": {
    "${COORDINATOR}": {
      "accessToken": "a1",
      "refreshToken": "r1",
      "email": "ada@example.org"
    }
  }
}
`;
  const folder = await tempFolder();
  await writeFile(join(folder, "credentials.json"), TEXT, { mode: 0o600 });
  const file = createCredentialsFile(folder);
  expect(await file.lastCoordinator()).toBe(COORDINATOR);
  expect(await file.emailAt(COORDINATOR)).toBe("ada@example.org");
  expect(await file.storeFor(COORDINATOR).read()).toMatchObject({ accessToken: "a1", refreshToken: "r1" });
  await file.storeFor(COORDINATOR).write({ accessToken: "a1", refreshToken: "r1" });
  expect(await readFile(join(folder, "credentials.json"), "utf8")).toBe(TEXT);
});

test("the note of an upload is this file with this text", async () => {
  const upload = {
    coordinator: COORDINATOR,
    accountId: "1",
    path: "/home/ada/a.txt",
    name: "a.txt",
    sizeBytes: 5,
    modifiedAtMs: 7.5,
  };
  const TEXT = `{"session_id":"session-1","path":"/home/ada/a.txt","coordinator":"${COORDINATOR}"}\n`;
  const folder = await tempFolder();
  const state = createUploadState({ clock: systemClock }, { folder });
  await state.keep(upload, "session-1");
  expect(await readdir(join(folder, "uploads"))).toEqual(["1278fc21e0df8d1d4820be31d9b07d9a.json"]);
  expect(await readFile(join(folder, "uploads", "1278fc21e0df8d1d4820be31d9b07d9a.json"), "utf8")).toBe(TEXT);
});

test("the note of a download under way is this file with this text", async () => {
  const folder = await tempFolder();
  const target = join(folder, "a.txt");
  const options = { folder: join(folder, "state"), target, coordinator: COORDINATOR, fileId: "f1" };
  const begun = await openPartialDownload({ clock: systemClock }, options);
  await begun.noteEtag('"v1"');
  await begun.sink.write(new TextEncoder().encode("hello "));
  await begun.pause();
  const [key] = await readdir(join(folder, "state", "downloads"));
  const note = join(folder, "state", "downloads", key!, "part.json");
  const TEXT = `{"coordinator":"${COORDINATOR}","file_id":"f1","etag":"\\"v1\\"","synced_bytes":6}`;
  expect(await readFile(note, "utf8")).toBe(TEXT);
  await writeFile(note, TEXT);
  const again = await openPartialDownload({ clock: systemClock }, options);
  expect(again.resume).toEqual({ offset: 6, etag: '"v1"' });
  await again.pause();
});
