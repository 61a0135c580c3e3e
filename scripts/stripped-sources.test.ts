import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const SCRIPTS = ["stripped-sources.mjs", "stripped-file.mjs", "strip-sources.mjs", "node-runtime.mjs"];
const STRIPPED = "node_modules/.cache/commonhold-stripped";

let project: string;
beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "commonhold stripped-")));
  for (const folder of ["scripts", "packages/tiny/src/deep"]) mkdirSync(join(project, folder), { recursive: true });
  for (const script of SCRIPTS) cpSync(join(import.meta.dirname, script), join(project, "scripts", script));
  write("package.json", '{ "type": "module" }');
  write("packages/tiny/src/deep/stripper.ts", STRIPPER);
  write("packages/tiny/src/program.ts", PROGRAM);
  write("packages/tiny/src/thread.ts", THREAD);
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

/** Whether this process has loaded what Node.js strips types with. */
const STRIPPER = `
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
  export const isStripperLoaded = (): boolean => moduleLoadList.some((name: string) => name.includes("/amaro/"));`;
const THREAD = `
  import { parentPort } from "node:worker_threads";
  import { isStripperLoaded } from "./deep/stripper.ts";
  parentPort!.postMessage(isStripperLoaded() as boolean);`;
const PROGRAM = `
  import { once } from "node:events";
  import { Worker } from "node:worker_threads";
  import { isStripperLoaded } from "./deep/stripper.ts";
  const [thread] = await once(new Worker(new URL("./thread.ts", import.meta.url)), "message") as [boolean];
  console.log(JSON.stringify({ main: isStripperLoaded(), thread }));`;

function write(name: string, content: string): void {
  writeFileSync(join(project, name), content);
}

async function run(program = "packages/tiny/src/program.ts"): Promise<string> {
  const preload = `--import=${pathToFileURL(join(project, "scripts/stripped-sources.mjs")).href}`;
  const args = ["--disable-warning=ExperimentalWarning", preload, join(project, program)];
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
  expect(stderr).toBe("");
  return stdout.trim();
}

it("no thread of a role loads what strips types, not even at the first start", async () => {
  expect(await run()).toBe('{"main":false,"thread":false}');
  expect(await run()).toBe('{"main":false,"thread":false}');
});

it("modules elsewhere are left to Node.js", async () => {
  write("program.ts", PROGRAM.replaceAll("./", "./packages/tiny/src/"));
  expect(await run("program.ts")).toBe('{"main":true,"thread":false}');
});

it("a module that changed runs as it is now, and what was made of it before goes", async () => {
  write("packages/tiny/src/program.ts", "const said: string = 'before'; console.log(said);");
  expect(await run()).toBe("before");
  const before = readdirSync(join(project, STRIPPED));
  write("packages/tiny/src/program.ts", "const said: string = 'afterwards'; console.log(said);");
  expect(await run()).toBe("afterwards");
  const after = readdirSync(join(project, STRIPPED));
  expect(before).toHaveLength(3);
  expect(after).toHaveLength(3);
  expect(after.filter((name) => !before.includes(name))).toHaveLength(1);
});

it("a stack trace shows the lines and columns of the source", async () => {
  write(
    "packages/tiny/src/program.ts",
    "type A = string;\nconst a = (b: A): Error => new Error(b);\nconsole.log(a('c').stack);",
  );
  await run();
  expect(await run()).toContain("program.ts:2:28");
});

it("where nothing can be kept, Node.js strips as it does by itself", async () => {
  write("node_modules", "not a folder");
  expect(await run()).toBe('{"main":true,"thread":true}');
});

it("a module that is no TypeScript keeps no other from being stripped", async () => {
  write("packages/tiny/src/deep/broken.ts", "const = ;");
  expect(await run()).toBe('{"main":false,"thread":false}');
});
