import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { weighFirstLoad } from "./web-first-load.ts";
import type { PlannedScript } from "./web-stages.ts";

const script = (fileName: string, module: string, ...imports: readonly string[]): PlannedScript => ({
  fileName,
  facadeModuleId: null,
  moduleIds: [`/somewhere/packages/web/${module}`],
  imports,
});
const BUILT = [
  script("first.js", "src/first.ts", "turns.js"),
  script("turns.js", "src/turns.ts"),
  script("door.js", "src/main.tsx", "turns.js"),
  script("rooms.js", "src/app/rooms.tsx", "door.js", "list.js"),
  script("list.js", "src/list.ts"),
  script("network.js", "src/network/network-room.tsx", "door.js"),
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "commonhold-first-load-"));
  for (const [index, { fileName }] of BUILT.entries()) {
    for (const [suffix, share] of [
      ["", 100],
      [".gz", 10],
      [".br", 1],
    ] as const) {
      // The smallest are sent as they are.
      if (fileName === "turns.js" && suffix !== "") continue;
      writeFileSync(join(folder, `${fileName}${suffix}`), "x".repeat((index + 1) * share));
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("is the way in, and the files with all that they are asked for with, as it is sent; no room that comes later", async () => {
  expect(await weighFirstLoad(folder, BUILT)).toEqual({
    signIn: { scripts: ["door.js", "first.js", "turns.js"], gzipBytes: 10 + 200 + 30, brotliBytes: 1 + 200 + 3 },
    files: {
      scripts: ["door.js", "first.js", "list.js", "rooms.js", "turns.js"],
      gzipBytes: 10 + 200 + 30 + 40 + 50,
      brotliBytes: 1 + 200 + 3 + 4 + 5,
    },
  });
});
