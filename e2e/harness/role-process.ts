import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const BUNDLED_SOURCES = new URL("../../scripts/bundled-sources.mjs", import.meta.url);
const NODE_FLAGS = ["--disable-warning=ExperimentalWarning"];
const OUTPUT_CHARACTERS_MAX = 200_000;

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What the command line begins with, such as what runs it in another network. */
  readonly runner?: readonly string[];
  /** A process group of its own, so that a signal can be sent to all that descends from it. */
  readonly group?: boolean;
}

function isRole([role, action]: readonly string[]): boolean {
  return action === "start" && (role === "coordinator" || role === "node");
}

/** A long-running `commonhold` process of a test. */
export class RoleProcess {
  readonly #child: ChildProcess;
  readonly #group: boolean;
  #output = "";
  #onOutput: (() => void) | undefined;

  constructor(args: readonly string[], options: SpawnOptions = {}) {
    this.#group = options.group === true;
    // As a role's own command has it (`scripts/node-runtime.mjs`).
    const flags = isRole(args) ? [...NODE_FLAGS, `--import=${BUNDLED_SOURCES.href}`] : NODE_FLAGS;
    const [program, ...words] = [...(options.runner ?? []), process.execPath, ...flags, MAIN, ...args];
    this.#child = spawn(program!, words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
      detached: this.#group,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS_MAX);
        this.#onOutput?.();
      });
    }
    this.#child.once("close", () => this.#onOutput?.());
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the process did not start");
    return this.#child.pid;
  }

  /** Standard output and error, as they came. */
  get output(): string {
    return this.#output;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The signal that ended it; null while it runs, and where it ended by itself. */
  get signalCode(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when the output matches; fails with the output when the process ends or the deadline passes before. */
  async waitForOutput(pattern: RegExp, deadlineMs = 60_000): Promise<RegExpMatchArray> {
    const ends = Date.now() + deadlineMs;
    for (;;) {
      const match = this.#output.match(pattern);
      if (match !== null) return match;
      const left = ends - Date.now();
      if (this.hasEnded || left <= 0) {
        throw new Error(`${this.hasEnded ? "it ended" : "time ran out"} without ${pattern}; it said:\n${this.#output}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#onOutput = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The processes that it started, from the system's list (Linux). */
  childPids(): readonly number[] {
    const listed = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8");
    return listed.split(" ").filter(Boolean).map(Number);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.hasEnded) return;
    process.kill(this.#group ? -this.pid : this.pid, signal);
  }

  /** Sends a signal and waits for the end; the exit code, or null after a fatal signal. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (!this.hasEnded) {
      const closed = once(this.#child, "close");
      this.signal(signal);
      const timer = setTimeout(() => this.signal("SIGKILL"), 30_000);
      await closed;
      clearTimeout(timer);
    }
    return this.#child.exitCode;
  }
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one `commonhold` command to its end. */
export async function runCommand(
  args: readonly string[],
  options: SpawnOptions & { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
