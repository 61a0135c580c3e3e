import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const SCRIPTS = [
  "bundled-sources.mjs",
  "bundle-sources.mjs",
  "source-bundle.mjs",
  "source-lines.mjs",
  "node-runtime.mjs",
];
const BUNDLES = "node_modules/.cache/commonhold-bundles";
const ROLLDOWN = dirname(dirname(fileURLToPath(import.meta.resolve("rolldown"))));

const MAIN = "packages/cli/src/main.ts";
const THREAD = "packages/metadata/src/sqlite/writer-worker.ts";
const STRIPPER = "packages/metadata/src/deep/stripper.ts";

let project: string;
beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "commonhold bundle-")));
  mkdirSync(join(project, "scripts"));
  for (const script of SCRIPTS) cpSync(join(import.meta.dirname, script), join(project, "scripts", script));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(ROLLDOWN, join(project, "node_modules/rolldown"));
  write("package.json", '{ "type": "module" }');
  write(STRIPPER, STRIPPER_CODE);
  write(MAIN, MAIN_CODE);
  write(THREAD, THREAD_CODE);
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

/** Whether this process has loaded what Node.js strips types with. */
const STRIPPER_CODE = `
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
  export const isStripperLoaded = (): boolean => moduleLoadList.some((name: string) => name.includes("/amaro/"));`;
const THREAD_CODE = `
  import { parentPort } from "node:worker_threads";
  import { isStripperLoaded } from "../deep/stripper.ts";
  parentPort!.postMessage(isStripperLoaded() as boolean);`;
const MAIN_CODE = `
  import { once } from "node:events";
  import { Worker } from "node:worker_threads";
  import { isStripperLoaded } from "../../metadata/src/deep/stripper.ts";
  const thread = new Worker(new URL("../../metadata/src/sqlite/writer-worker.ts", import.meta.url));
  const [told] = await once(thread, "message") as [boolean];
  console.log(JSON.stringify({ main: isStripperLoaded(), thread: told }));`;
const BUNDLED = '{"main":false,"thread":false}';

function write(name: string, content: string): void {
  const file = join(project, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

async function run(program = MAIN): Promise<string> {
  const preload = `--import=${pathToFileURL(join(project, "scripts/bundled-sources.mjs")).href}`;
  const args = ["--disable-warning=ExperimentalWarning", preload, join(project, program)];
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
  expect(stderr).toBe("");
  return stdout.trim();
}

it("no thread of a role loads what strips types, not even at the first start", async () => {
  expect(await run()).toBe(BUNDLED);
  expect(await run()).toBe(BUNDLED);
  expect(readdirSync(join(project, BUNDLES))).toHaveLength(1);
});

it("several that start first at once all have the bundle, and leave no other", async () => {
  expect(await Promise.all([run(), run(), run()])).toEqual([BUNDLED, BUNDLED, BUNDLED]);
  expect(readdirSync(join(project, BUNDLES))).toHaveLength(1);
});

it("a program that is no role's is left to Node.js", async () => {
  write("packages/cli/src/other.ts", MAIN_CODE);
  expect(await run("packages/cli/src/other.ts")).toBe('{"main":true,"thread":true}');
});

it("a module that changed runs as it is now, though no longer or shorter; few of the older bundles stay", async () => {
  for (const said of ["first.", "second", "third.", "fourth", "fifth.", "sixth.", "second"]) {
    write("packages/cli/src/deep/words.ts", `export const said: string = "${said}";`);
    write(MAIN, 'import { said } from "./deep/words.ts"; console.log(said);');
    expect(await run()).toBe(said);
  }
  expect(readdirSync(join(project, BUNDLES))).toHaveLength(5);
});

it("a dependency that was installed anew runs as it is now", async () => {
  write("packages/cli/src/main.ts", 'import { said } from "tiny"; console.log(said);');
  write("node_modules/tiny/package.json", '{ "type": "module", "exports": "./index.js" }');
  for (const said of ["old", "new"]) {
    write("node_modules/tiny/index.js", `export const said = "${said}";`);
    write("node_modules/.package-lock.json", `{ "packages": { "node_modules/tiny": { "integrity": "${said}" } } }`);
    expect(await run()).toBe(said);
  }
});

it("a module knows where it lies, and finds what lies beside it", async () => {
  write(
    "packages/core/src/place.ts",
    "export const place: unknown = [import.meta.url, import.meta.dirname, import.meta.filename];",
  );
  write("node_modules/tiny/package.json", '{ "main": "index.cjs" }');
  write("node_modules/tiny/word.txt", "beside");
  write(
    "node_modules/tiny/index.cjs",
    `"use strict";
     exports.isStrict = (function () { return this === undefined; })();
     exports.word = require("node:fs").readFileSync(__dirname + "/word.txt", "utf8") + __filename;`,
  );
  const program = `
    import tiny from "tiny";
    import { place } from "../../core/src/place.ts";
    console.log(JSON.stringify({ place, ...tiny as object }));`;
  write(MAIN, program);
  const file = join(project, "packages/core/src/place.ts");
  expect(JSON.parse(await run())).toEqual({
    place: [pathToFileURL(file).href, dirname(file), file],
    isStrict: true,
    word: `beside${join(project, "node_modules/tiny/index.cjs")}`,
  });
});

it("a stack trace shows files and lines of the sources, in every thread, and the code of an error of Node.js", async () => {
  const thrower =
    "interface A {\n  readonly b: string;\n}\n\nexport function c(a: A): Error {\n  return new Error(a.b);\n}\n";
  write("packages/core/src/thrower.ts", thrower);
  const show = 'c({ b: "d" }).stack?.split("\\n").slice(0, 2).join("")';
  write(THREAD, `import { c } from "../../../core/src/thrower.ts";\nconsole.log(${show});`);
  write(
    MAIN,
    `import { Worker } from "node:worker_threads";
    import { c } from "../../core/src/thrower.ts";
    console.log(${show});
    try {
      new URL("nowhere");
    } catch (error) {
      console.log((error as Error).stack);
    }
    new Worker(new URL("../../metadata/src/sqlite/writer-worker.ts", import.meta.url));`,
  );
  const said = await run();
  const thrown = `Error: d    at c (${pathToFileURL(join(project, "packages/core/src/thrower.ts")).href}:6)`;
  expect(said.split("\n").filter((line) => line === thrown)).toHaveLength(2);
  expect(said).toContain("TypeError [ERR_INVALID_URL]: Invalid URL");
  expect(said).toContain(`${pathToFileURL(join(project, MAIN)).href}:5`);
});

it("where nothing can be kept, or nothing bundles, Node.js loads the modules by itself", async () => {
  rmSync(join(project, "node_modules"), { recursive: true });
  expect(await run()).toBe('{"main":true,"thread":true}');
  write("node_modules", "not a folder");
  expect(await run()).toBe('{"main":true,"thread":true}');
});

it("a module that is no TypeScript keeps no other from being bundled", async () => {
  write("packages/core/src/broken.ts", "const = ;");
  expect(await run()).toBe(BUNDLED);
});
