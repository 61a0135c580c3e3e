import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "./harness/free-port.ts";
import { largeRealFile, realFiles, sha256OfFile } from "./harness/real-files.ts";
import { type CommandResult, RoleProcess, runCommand } from "./harness/role-process.ts";
import { waitUntil } from "./harness/wait-until.ts";

const READY = /Ctrl-C stops everything/;

let folder: string;
let port: number;
let network: RoleProcess;
let env: Record<string, string>;

function startNetwork(): RoleProcess {
  const args = ["network", "start", "--data", join(folder, "data"), "--port", String(port)];
  return new RoleProcess(args, { group: true, env });
}

const run = (...args: string[]): Promise<CommandResult> => runCommand(args, { env, cwd: folder });

async function succeed(...args: string[]): Promise<string> {
  const result = await run(...args);
  expect(result.code, `${args.join(" ")}: ${result.stderr}`).toBe(0);
  return result.stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "commonhold-first-"));
  port = await freePort();
  env = { XDG_CONFIG_HOME: join(folder, "config"), XDG_STATE_HOME: join(folder, "state"), NO_COLOR: "1" };
  network = startNetwork();
  await network.waitForOutput(READY);
});
afterAll(async () => {
  await network.end("SIGINT");
  await rm(folder, { recursive: true, force: true });
});

describe("one command", () => {
  it("says where it runs, the trial account, where the data lies and what to type next", () => {
    expect(network.output).toContain(`http://127.0.0.1:${port}`);
    expect(network.output).toMatch(/Trial account\s+trial@commonhold\.local/);
    expect(network.output).toMatch(/Password\s+\S{20,}/);
    expect(network.output).toContain(join(folder, "data"));
    expect(network.output).toContain("login --trial");
  });

  it("refuses a port that is in use and a data folder that is in use, naming them", async () => {
    const samePort = await run("network", "start", "--data", join(folder, "other"), "--port", String(port));
    expect(samePort.code).toBe(73);
    expect(samePort.stderr).toMatch(new RegExp(`${port}.*--port`));
    const sameData = await run("network", "start", "--data", join(folder, "data"), "--port", String(await freePort()));
    expect(sameData.code).toBe(73);
    expect(sameData.stderr).toContain("ALREADY_RUNNING");
  });

  it("stores real files and gives them back, by the client's commands", async () => {
    await succeed("login", "--trial", "--data", join(folder, "data"));
    expect(JSON.parse(await succeed("whoami", "--json"))).toMatchObject({ email: "trial@commonhold.local" });
    const files = await realFiles();
    await succeed("put", ...files.map((file) => file.path));
    const listed = JSON.parse(await succeed("ls", "--json")) as { items: { filename: string; size_bytes: number }[] };
    for (const file of files) {
      expect(listed.items).toContainEqual(expect.objectContaining({ filename: file.name, size_bytes: file.sizeBytes }));
      const copy = join(folder, `copy-of-${file.name}`);
      await succeed("get", file.name, "-o", copy);
      expect(await sha256OfFile(copy), file.path).toBe(await sha256OfFile(file.path));
    }
    expect(await succeed("nodes")).toMatch(/node-4\s+active/);
    expect(await succeed("status")).toContain("4 active");
    await succeed("rm", "LICENSE");
    const gone = await run("get", "LICENSE", "-o", join(folder, "none"));
    expect(gone.code).toBe(66);
    expect(gone.stderr).toMatch(/^commonhold: .*LICENSE.*\(FILE_NOT_FOUND\)\n$/);
  });

  it("resumes an upload that was interrupted", async () => {
    const file = await largeRealFile();
    const upload = new RoleProcess(["put", file.path, "--name", "resumed"], { env, cwd: folder });
    const received = async () => {
      const status = JSON.parse(await succeed("status", "--json")) as { chunks: { total: number } };
      return status.chunks.total;
    };
    const before = await received();
    await waitUntil("some chunks", async () => (await received()) > before + 3);
    await upload.end("SIGINT");
    const kept = await received();
    await succeed("put", file.path, "--name", "resumed");
    expect(kept).toBeGreaterThan(before + 3);
    const copy = join(folder, "resumed");
    await succeed("get", "resumed", "-o", copy);
    expect(await sha256OfFile(copy)).toBe(await sha256OfFile(file.path));
  });

  it("says what is wrong, on one line, with an exit code that means something", async () => {
    const cases: readonly [readonly string[], number, RegExp][] = [
      [["put", "no-such-file"], 66, /no-such-file/],
      [["lss"], 64, /ls/],
      [["put"], 64, /file/i],
      [["put", join(folder, "copy-of-README.md"), "--parallel", "many"], 64, /many/],
      [["ls", "--coordinator", `http://127.0.0.1:${await freePort()}`], 77, /log ?in/],
      [["network", "start", "--nodes", "0"], 64, /nodes/],
      [["node", "init", "--name", "x", "--coordinator-url", "nonsense", "--join-token", "y"], 64, /nonsense/],
    ];
    for (const [args, code, message] of cases) {
      const result = await run(...args);
      expect(result.code, `${args.join(" ")}: ${result.stderr}`).toBe(code);
      expect(result.stderr).toMatch(message);
      expect(result.stderr.trim().split("\n").length, result.stderr).toBeLessThanOrEqual(2);
    }
  });

  it("ends all of it on Ctrl-C, and finds everything at the next start", async () => {
    expect(await network.end("SIGINT")).toBe(0);
    expect(network.output).not.toContain("Error");
    network = startNetwork();
    await network.waitForOutput(READY);
    const copy = join(folder, "after-restart");
    await succeed("get", "README.md", "-o", copy);
    const [readme] = await realFiles();
    expect(await sha256OfFile(copy)).toBe(await sha256OfFile(readme!.path));
    expect(await succeed("nodes")).toMatch(/node-4\s+active/);
  });

  it("leaves nothing running when it is killed", async () => {
    const pids = network.childPids();
    expect(pids.length).toBeGreaterThanOrEqual(5);
    process.kill(network.pid, "SIGKILL");
    await waitUntil("the end of all roles", async () => pids.every((pid) => !isRunning(pid)));
    network = startNetwork();
    await network.waitForOutput(READY);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
