import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuiltScript, scriptsShownFirst, weighFirstLoad } from "./web-first-load.ts";

const script = (fileName: string, module: string | null, ...imports: readonly string[]): BuiltScript => ({
  fileName,
  facadeModuleId: module === null ? null : `/somewhere/packages/web/${module}`,
  imports,
});
const BUILT = [
  script("page.js", "index.html", "base.js", "shared.js"),
  script("base.js", null),
  script("shared.js", null, "base.js", "deep.js"),
  script("deep.js", null, "page.js"),
  script("network.js", "src/network/network-room.tsx", "page.js", "table.js"),
  script("table.js", null),
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "commonhold-first-load-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("is the page with all that it is asked for with, and no room that comes later", () => {
  expect(scriptsShownFirst(BUILT)).toEqual(["base.js", "deep.js", "page.js", "shared.js"]);
});

it("is not silently nothing", () => {
  expect(() => scriptsShownFirst(BUILT.slice(1))).toThrow("no script is made for the page");
});

it("is weighed as it is sent", async () => {
  for (const [name, bytes] of Object.entries({ "a.js": 900, "a.js.gz": 300, "a.js.br": 200, "tiny.js": 10 })) {
    writeFileSync(join(folder, name), "x".repeat(bytes));
  }
  expect(await weighFirstLoad(folder, ["a.js", "tiny.js"])).toEqual({
    scripts: ["a.js", "tiny.js"],
    gzipBytes: 310,
    brotliBytes: 210,
  });
});
