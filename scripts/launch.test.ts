import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SCRIPTS = [
  "launch.mjs",
  "install.mjs",
  "install-lock.mjs",
  "node-runtime.mjs",
  "node-flags.json",
  "bundled-sources.mjs",
  "source-bundle.mjs",
  "source-lines.mjs",
  "bundle-sources.mjs",
];

let project: string;
beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "commonhold-launch-")));
  mkdirSync(join(project, "scripts"));
  for (const script of SCRIPTS) cpSync(join(import.meta.dirname, script), join(project, "scripts", script));
  writeFileSync(join(project, "package.json"), '{ "name": "tiny", "version": "1.0.0" }');
  writeLockFile();
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function writeLockFile(): void {
  const packages = { "": { name: "tiny", version: "1.0.0" } };
  const lock = { name: "tiny", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(project, "package-lock.json"), JSON.stringify(lock));
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface StartOptions {
  /** As npm runs its scripts: in a shell that waits for them. */
  readonly inShell?: boolean;
}

function start(script: string, args: readonly string[], { inShell = false }: StartOptions = {}) {
  const path = join(project, "scripts", script);
  const [command, ...before] = inShell ? ["sh", "-c", '"$0" "$@" & wait', process.execPath] : [process.execPath];
  const env = inShell ? { ...process.env, npm_lifecycle_event: "start" } : process.env;
  const child = spawn(command!, [...before, path, ...args], { cwd: tmpdir(), env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  const ended = once(child, "close").then(([code, signal]): Ended => ({ code, signal, ...said }));
  return { child, ended };
}

function launch(program: string, ...args: string[]): Promise<Ended> {
  writeFileSync(join(project, "program.ts"), program);
  return start("launch.mjs", ["program.ts", ...args]).ended;
}

const SAY_ARGUMENTS = "const args: string[] = process.argv.slice(2); console.log(JSON.stringify(args));";

describe("launch.mjs", () => {
  it("runs TypeScript from anywhere, with its arguments and its exit code", async () => {
    const ended = await launch(`${SAY_ARGUMENTS} process.exitCode = 7;`, "a b", "--c", "*");
    expect(ended).toMatchObject({ code: 7, stdout: '["a b","--c","*"]\n' });
  });

  it("gives each role its own flags of Node.js, and other commands none of them", async () => {
    const say = `
      const uncached = process.env["NODE_DISABLE_COMPILE_CACHE"] === "1";
      console.log(JSON.stringify({ flags: process.execArgv, uncached }));`;
    const told = async (...words: string[]) => JSON.parse((await launch(say, ...words)).stdout) as object;
    const own = JSON.parse(readFileSync(join(import.meta.dirname, "node-flags.json"), "utf8")) as Record<
      "coordinator" | "node",
      string[]
    >;
    const { flags: common } = (await told("constructor", "start")) as { readonly flags: string[] };
    const bundledSources = `--import=${pathToFileURL(join(project, "scripts", "bundled-sources.mjs")).href}`;
    for (const role of ["coordinator", "node"] as const) {
      expect(own[role].length).toBeGreaterThan(0);
      expect(await told(role, "start")).toEqual({ flags: [...common, ...own[role], bundledSources], uncached: true });
      expect(await told(role, "status")).toEqual({ flags: common, uncached: false });
    }
  });

  it("installs before the first start, then only after the lock file has changed", async () => {
    expect((await launch(SAY_ARGUMENTS)).stderr).toContain("Installing dependencies (first start only)…\n");
    expect((await launch(SAY_ARGUMENTS)).stderr).toBe("");
    writeFileSync(join(project, "package-lock.json"), `${readFileSync(join(project, "package-lock.json"), "utf8")}\n`);
    rmSync(join(project, "node_modules", ".package-lock.json"), { force: true });
    expect((await launch(SAY_ARGUMENTS)).stderr).toBe("Updating dependencies…\n");
  });

  it("takes what someone installed by hand, if it is what the lock file says", async () => {
    await launch(SAY_ARGUMENTS);
    rmSync(join(project, "node_modules", ".commonhold-lock"));
    writeFileSync(join(project, "node_modules", ".package-lock.json"), '{ "packages": {} }');
    expect((await launch(SAY_ARGUMENTS)).stderr).toBe("");
  });

  it("shows npm's words when it fails, runs nothing, and tries again the next time", async () => {
    await launch(SAY_ARGUMENTS);
    writeFileSync(join(project, "node_modules", ".package-lock.json"), '{ "packages": {} }');
    writeFileSync(join(project, "package-lock.json"), "<<<<<<< a merge's rest");
    const ended = await launch(SAY_ARGUMENTS);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("npm error");
    expect(ended.stderr).toContain("Updating dependencies failed");
    writeLockFile();
    expect(await launch(SAY_ARGUMENTS)).toMatchObject({ code: 0, stdout: "[]\n" });
  });

  it("lets one of several starts install, and all of them run", async () => {
    const ended = await Promise.all([launch(SAY_ARGUMENTS), launch(SAY_ARGUMENTS), launch(SAY_ARGUMENTS)]);
    expect(ended.map(({ code, stdout }) => ({ code, stdout }))).toEqual(Array(3).fill({ code: 0, stdout: "[]\n" }));
    expect(ended.filter(({ stderr }) => stderr.includes("Installing"))).toHaveLength(1);
  });

  it("says what is missing where no program is given", async () => {
    expect(await start("launch.mjs", []).ended).toMatchObject({ code: 64, stderr: expect.stringContaining("FILE.ts") });
  });
});

describe.skipIf(process.platform === "win32")("becomeNode with another Node.js", () => {
  /** A program that runs another one by a Node.js that is not its own, as one under Node.js 20 does. */
  function startOther(program: string, options: StartOptions = {}) {
    symlinkSync(process.execPath, join(project, "other-node"));
    writeFileSync(join(project, "program.ts"), program);
    const starter = `
      import { becomeNode } from "./node-runtime.mjs";
      becomeNode(${JSON.stringify(join(project, "other-node"))}, [${JSON.stringify(join(project, "program.ts"))}, "x"]);`;
    writeFileSync(join(project, "scripts", "starter.mjs"), starter);
    return start("starter.mjs", [], options);
  }

  it("ends as the program ends", async () => {
    expect(await startOther("process.exitCode = 9;").ended).toMatchObject({ code: 9, signal: null });
  });

  it("ends by the signal that ended the program", async () => {
    const { ended } = startOther('process.kill(process.pid, "SIGKILL");');
    expect(await ended).toMatchObject({ code: null, signal: "SIGKILL" });
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("passes %s on once and waits for the end", async (signal) => {
    const { child, ended } = startOther(`
      let seen = 0;
      process.on("${signal}", () => {
        seen++;
        setImmediate(() => { console.log("seen", seen); process.exit(3); });
      });
      setInterval(() => {}, 60_000);
      console.log("ready");`);
    await once(child.stdout, "data");
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 3, stdout: "ready\nseen 1\n" });
  });

  it("asks the program to end when npm has killed the shell between", async () => {
    const { child, ended } = startOther(
      `
      process.on("SIGTERM", () => { console.log("asked"); process.exit(); });
      setInterval(() => {}, 60_000);
      console.log("ready");`,
      { inShell: true },
    );
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ signal: "SIGTERM", stdout: "ready\nasked\n" });
  });

  it("says what to do where that Node.js does not run", async () => {
    const { ended } = startOther("");
    rmSync(join(project, "other-node"));
    writeFileSync(join(project, "other-node"), "no program", { mode: 0o644 });
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining("install Node.js 24 from") });
  });
});

describe("withInstallLock", () => {
  const HOLD = `
    import { withInstallLock } from "./install-lock.mjs";
    await withInstallLock(process.argv[2], async () => { console.log("held"); await new Promise(process.argv[3] === "briefly"
      ? (resolve) => setImmediate(resolve) : () => setInterval(() => {}, 60_000)); });
    console.log("done");`;

  it("is taken over from a process that was killed", async () => {
    writeFileSync(join(project, "scripts", "hold.mjs"), HOLD);
    const first = start("hold.mjs", [project, "forever"]);
    await once(first.child.stdout, "data");
    const others = [start("hold.mjs", [project, "briefly"]), start("hold.mjs", [project, "briefly"])];
    await Promise.all(others.map(({ child }) => once(child.stderr, "data")));
    first.child.kill("SIGKILL");
    for (const { ended } of others) {
      expect(await ended).toMatchObject({
        code: 0,
        stdout: "held\ndone\n",
        stderr: expect.stringContaining("Waiting"),
      });
    }
    const locks = readdirSync(tmpdir()).filter((name) => name.startsWith("commonhold-install-"));
    expect(locks.filter((name) => readFileSync(join(tmpdir(), name), "utf8") === String(first.child.pid))).toEqual([]);
    expect(existsSync(project)).toBe(true);
  });
});
