import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { readSecretFile } from "./secret-file.ts";

it("a secret's file gives its bytes, or is refused for what it is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-secret-fuzz-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "secret");
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.integer({ min: 65_530, max: 65_542 }).map((length) => new Uint8Array(length)),
  );
  const mode = process.platform === "win32" ? fc.constant(0o600) : fc.constantFrom(0o600, 0o400, 0o640, 0o604, 0o666);
  await fc.assert(
    fc.asyncProperty(content, mode, async (bytes, permissions) => {
      await rm(path, { force: true });
      await writeFile(path, bytes, { mode: permissions });
      const outcome = await parseOrRefuse(["INVALID_CONFIG"], () => readSecretFile(path));
      const right = (permissions & 0o077) === 0 && bytes.length > 0 && bytes.length <= 65_536;
      expect("parsed" in outcome && Buffer.compare(outcome.parsed, bytes) === 0).toBe(right);
    }),
    fuzzRuns(200),
  );
});
