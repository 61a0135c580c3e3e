import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

export interface CliOptions {
  /** Its own home: configuration, state and working folder. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called with the running process. */
  readonly onStart?: (child: ChildProcessWithoutNullStreams) => void;
}

/** Runs the command in a process of its own. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const { home, env = {}, input = "", onStart } = options;
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: home,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      XDG_CONFIG_HOME: join(home, "config"),
      XDG_STATE_HOME: join(home, "state"),
      XDG_CACHE_HOME: join(home, "cache"),
      // Compiled code, shared by all tests: each start is then quicker.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? "",
      NO_COLOR: "1",
      ...env,
    },
  });
  onStart?.(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (piece) => {
    stdout += String(piece);
  });
  child.stderr.on("data", (piece) => {
    stderr += String(piece);
  });
  // A command that ends before it reads its input closes the pipe.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ stdout, stderr, exitCode }));
  });
}
