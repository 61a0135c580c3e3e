import { type ChildProcess, fork } from "node:child_process";
import { closeSync, createWriteStream, readFileSync } from "node:fs";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { isRoleMessage } from "../roles/role-message.ts";
import type { RestartPolicy } from "./restart-policy.ts";
import { limitRoleLog, openRoleLog, type RoleLogLimits } from "./role-log.ts";

const NODE_FLAGS_FILE = new URL("../../../../scripts/node-flags.json", import.meta.url);
const BUNDLED_SOURCES = new URL("../../../../scripts/bundled-sources.mjs", import.meta.url);

export interface RoleProcess {
  /** What people call it: "coordinator", "node-1". */
  readonly name: string;
  /** The program to run with this process's own Node.js. */
  readonly program: string;
  readonly args: readonly string[];
  /** Besides this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly logLimits?: RoleLogLimits;
  /** Show its log here as well. */
  readonly verbose: boolean;
  readonly startLimits?: RoleStartLimits;
}

/** What does not keep to them is ended. */
export interface RoleStartLimits {
  /** From its begin until it is ready. Whoever has a great many chunks reads all their names first. */
  readonly readyMs: number;
  /** From telling that its start failed until its process is gone. */
  readonly failedMs: number;
}

/** From telling that it has stopped until its process is gone. */
const EXIT_MS = 500;
/** So many failures in a row are told as such. */
const FAILURES_TOLD = 3;

const START_LIMITS: RoleStartLimits = { readyMs: 300_000, failedMs: 10_000 };

export interface SupervisedRoleDeps {
  readonly clock: Clock;
  readonly restartPolicy: RestartPolicy;
  /** For a line about what happens to it. */
  readonly onEvent: (line: string) => void;
}

interface Life {
  readonly child: ChildProcess;
  readonly startedMs: number;
  /** Why it ended, once it has. */
  readonly ended: Promise<AppError>;
}

/**
 * A role in a process of its own. It is started again when it dies unexpectedly, as often as it does. It gets a process group of its own,
 * so that Ctrl-C reaches only us and the roles stop in order; a channel to it closes when we end, however that is.
 */
export class SupervisedRole {
  readonly name: string;
  readonly #deps: SupervisedRoleDeps;
  readonly #process: RoleProcess;
  #life: Life | undefined;
  #stopping = false;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(deps: SupervisedRoleDeps, process: RoleProcess) {
    this.name = process.name;
    this.#deps = deps;
    this.#process = process;
  }

  /**
   * Starts it for the first time. Gives the address that it tells.
   * @throws AppError of the role when it ends before it is ready, TIMEOUT when it does not get ready
   */
  async start(): Promise<string> {
    const life = this.#begin();
    const ready = new Promise<string>((resolve) => {
      life.child.on("message", (message) => {
        if (isRoleMessage(message) && message.kind === "ready") resolve(message.url);
      });
    });
    const outcome = await Promise.race([ready, life.ended]);
    if (typeof outcome !== "string") throw outcome;
    void life.ended.then((reason) => this.#onUnexpectedEnd(life, reason));
    return outcome;
  }

  /** Asks it to end, and after `graceMs` makes it. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const life = this.#life;
    if (life === undefined) return;
    life.child.on("message", (message) => {
      // Whatever its process still has open is of no use to anybody.
      if (isRoleMessage(message) && message.kind === "stopped") setTimeout(() => life.child.kill("SIGKILL"), EXIT_MS);
    });
    life.child.kill("SIGTERM");
    const timer = setTimeout(() => {
      this.#deps.onEvent(`${this.name} did not stop within ${graceMs / 1000} s and is ended`);
      life.child.kill("SIGKILL");
    }, graceMs);
    await life.ended;
    clearTimeout(timer);
  }

  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  #begin(): Life {
    const { child, log } = spawnRole(this.#process);
    const logLimit = limitRoleLog(this.#process.logFile, this.#process.logLimits);
    let told: AppError | undefined;
    const startLimit = limitStart(child, this.#process, (error) => {
      told = error;
    });
    const ended = new Promise<AppError>((resolve) => {
      child.on("error", (cause) => resolve(new AppError("INTERNAL", `${this.name} could not be started`, { cause })));
      child.on("exit", (code, signal) => {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        resolve(told ?? new AppError("INTERNAL", `${this.name} ended ${how}: its log is ${this.#process.logFile}`));
      });
    });
    const life: Life = { child, startedMs: this.#deps.clock.monotonicMs(), ended };
    this.#life = life;
    void ended.then(() => {
      log?.end();
      logLimit.stop();
      startLimit.stop();
      if (this.#life === life) this.#life = undefined;
    });
    return life;
  }

  #onUnexpectedEnd(life: Life, reason: AppError): void {
    if (this.#stopping) return;
    const { delayMs, failures } = this.#deps.restartPolicy.next(this.#deps.clock.monotonicMs() - life.startedMs);
    const soFar = failures < FAILURES_TOLD ? "" : `, which is failure ${failures} in a row`;
    this.#deps.onEvent(`${reason.message}${soFar}. Starting it again in ${delayMs / 1000} s`);
    this.#restartTimer = setTimeout(() => {
      const secondLife = this.#begin();
      void secondLife.ended.then((end) => this.#onUnexpectedEnd(secondLife, end));
    }, delayMs);
  }
}

/** Ends a process that does not get ready in time, or that stays after it told that its start failed. */
function limitStart(
  child: ChildProcess,
  { name, logFile, startLimits = START_LIMITS }: RoleProcess,
  onFailed: (error: AppError) => void,
): { stop(): void } {
  const { readyMs, failedMs } = startLimits;
  let timer = setTimeout(() => {
    onFailed(new AppError("TIMEOUT", `${name} was not ready within ${readyMs / 1000} s: its log is ${logFile}`));
    child.kill("SIGKILL");
  }, readyMs);
  child.on("message", (message) => {
    if (!isRoleMessage(message)) return;
    clearTimeout(timer);
    if (message.kind !== "failed") return;
    onFailed(AppError.fromRecord(message.error));
    timer = setTimeout(() => child.kill("SIGKILL"), failedMs);
  });
  return { stop: () => clearTimeout(timer) };
}

/** What the person who starts the roles is logged in with, and no role needs. */
const PERSONAL_SECRETS: ReadonlySet<string> = new Set(["COMMONHOLD_TOKEN", "COMMONHOLD_JOIN_TOKEN"]);

function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !PERSONAL_SECRETS.has(name)));
}

/** What a role's own command would add for it (`scripts/node-runtime.mjs`). */
function nodeFlagsOf(role = ""): readonly string[] {
  const flags = new Map(Object.entries(JSON.parse(readFileSync(NODE_FLAGS_FILE, "utf8")) as Record<string, string[]>));
  return [...(flags.get(role) ?? []), `--import=${BUNDLED_SOURCES.href}`];
}

function spawnRole(role: RoleProcess) {
  const logFd = openRoleLog(role.logFile);
  const output = role.verbose ? "pipe" : logFd;
  const child = fork(role.program, [...role.args], {
    detached: true,
    execArgv: [...process.execArgv, ...nodeFlagsOf(role.args[0])],
    env: { ...withoutSecrets(process.env), NODE_DISABLE_COMPILE_CACHE: "1", ...role.env },
    stdio: ["ignore", output, output, "ipc"],
  });
  if (!role.verbose) {
    closeSync(logFd);
    return { child, log: undefined };
  }
  const log = createWriteStream("", { fd: logFd });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (piece: Uint8Array) => {
      log.write(piece);
      process.stderr.write(piece);
    });
  }
  return { child, log };
}
