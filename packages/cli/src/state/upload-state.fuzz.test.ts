import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fuzzRuns } from "@commonhold/core/testing/fuzz.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import { createUploadState, type UploadIdentity } from "./upload-state.ts";

const text = fc.string({ unit: "binary", maxLength: 40 });
const identity: fc.Arbitrary<UploadIdentity> = fc.record({
  coordinator: text,
  accountId: text,
  path: text,
  name: text,
  sizeBytes: fc.maxSafeNat(),
  modifiedAtMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
});

it("whatever the note of an upload holds, the upload goes on by a session's id or begins anew", async () => {
  const folder = await tempFolder();
  const state = createUploadState({ clock: systemClock }, { folder });
  const note = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.jsonValue().map((id) => JSON.stringify({ session_id: id })),
  );
  const upload = { coordinator: "http://a", accountId: "a", path: "/f", name: "f", sizeBytes: 1, modifiedAtMs: 1 };
  await state.keep(upload, "session");
  const [file] = await readdir(join(folder, "uploads"));
  await fc.assert(
    fc.asyncProperty(note, async (content) => {
      await writeFile(join(folder, "uploads", file!), content);
      const found = await state.find(upload);
      expect(["string", "undefined"]).toContain(typeof found);
    }),
    fuzzRuns(200),
  );
});

it("the note of any upload is found again, and by no other upload", async () => {
  const state = createUploadState({ clock: systemClock }, { folder: await tempFolder() });
  await fc.assert(
    fc.asyncProperty(identity, identity, text, async (upload, other, sessionId) => {
      await state.keep(upload, sessionId);
      expect(await state.find(upload)).toBe(sessionId.toWellFormed());
      if (JSON.stringify(other) !== JSON.stringify(upload)) expect(await state.find(other)).toBeUndefined();
      await state.forget(upload);
      expect(await state.find(upload)).toBeUndefined();
    }),
    fuzzRuns(50),
  );
});
