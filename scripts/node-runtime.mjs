// Plain JavaScript that Node.js 20 runs: it finds the Node.js that runs everything else, and runs it.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The first Node.js that runs TypeScript and has all that Commonhold uses. */
const NODE_VERSION_MIN = [24, 7];
/**
 * The small young generation frees buffers soon after their use: memory stays flat under load. The memory reducer would
 * set so tight a limit after a quiet minute that a transfer spends a fifth of its time collecting garbage.
 */
const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=2", "--no-memory-reducer"];
/**
 * By the role, which is the first word of its command. Garbage is collected before the heap has grown by more than a
 * fifth, and the young generation after half as many objects as elsewhere: each small one stands for a piece of a body
 * of 64 KiB that is freed with it.
 */
const FLAGS_FILE = "scripts/node-flags.json";
/**
 * glibc would keep the memory of freed chunk buffers, in an arena for each thread: one is enough. Other systems ignore
 * this.
 */
const MEMORY_ENV = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "131072" };

/** Modules compiled once: later starts are quicker. Roles live long, and would keep all of it in memory. */
const COMPILE_CACHE = "node_modules/.cache/commonhold";
/** What roles have instead. */
const BUNDLED_SOURCES = "scripts/bundled-sources.mjs";

const PARENT_POLL_MS = 500;

export const PROJECT_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
export const RUNTIME_FOLDER = join(PROJECT_FOLDER, "runtime");
export const NODE_ADVICE = "install Node.js 24 from https://nodejs.org and run the same command again";

/** Whether a version such as "24.7.0" is new enough. */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin, minorMin] = NODE_VERSION_MIN;
  return major > majorMin || (major === majorMin && minor >= minorMin);
}

/** The path of a Node.js that is new enough: this process's own, else the one installed in `runtime/`, if any. */
export function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const path = runtimeNodePath();
  return existsSync(path) ? path : undefined;
}

/** Where `npm ci` in `runtime/` puts the Node.js of this machine's system and processor. */
export function runtimeNodePath() {
  const windows = process.platform === "win32";
  const name = `node-${windows ? "win" : process.platform}-${process.arch}`;
  return join(RUNTIME_FOLDER, "node_modules", name, "bin", windows ? "node.exe" : "node");
}

/**
 * Runs a program with that Node.js in this process's place: same terminal, same end. Where the system and this
 * Node.js can, this process becomes that one; otherwise it waits for it and ends as it ends.
 * @param {string} node path of the Node.js
 * @param {readonly string[]} programAndArguments
 * @param {{ title?: string }} options the name that process lists show
 */
export function becomeNode(node, programAndArguments, { title = node } = {}) {
  const [, ...words] = programAndArguments;
  const role = roleOf(words);
  const nodeArguments = [...NODE_FLAGS, ...(role?.flags ?? []), ...programAndArguments];
  const cache = { NODE_COMPILE_CACHE: join(PROJECT_FOLDER, COMPILE_CACHE) };
  const env = { ...cache, ...MEMORY_ENV, ...process.env, ...role?.env };
  if (node === process.execPath && typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(node, [title, ...nodeArguments], env);
  }
  const child = spawn(node, nodeArguments, { stdio: "inherit", argv0: title, env });
  passSignalsTo(child);
  passEndOfNpmTo(child);
  child.on("error", (error) => {
    console.error(`Could not run ${node} (${error.code}): ${NODE_ADVICE}.`);
    process.exitCode = 1;
  });
  child.on("exit", endLike);
}

/**
 * What Node.js needs to run a role well: flags, and variables of its environment.
 * @param {readonly string[]} words of the command line, as "coordinator start"; undefined where that is no role's
 */
function roleOf([role = "", action]) {
  const flags = JSON.parse(readFileSync(join(PROJECT_FOLDER, FLAGS_FILE), "utf8"));
  if (action !== "start" || !Object.hasOwn(flags, role)) return undefined;
  const bundledSources = pathToFileURL(join(PROJECT_FOLDER, BUNDLED_SOURCES)).href;
  return { flags: [...flags[role], `--import=${bundledSources}`], env: { NODE_DISABLE_COMPILE_CACHE: "1" } };
}

function passSignalsTo(child) {
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  process.on("SIGINT", () => {
    // Ctrl-C in a terminal reaches the child by itself; twice would mean "at once".
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
}

/** Asked to end, npm ends the shell that it ran us in and tells us nothing: the child is to end all the same. */
function passEndOfNpmTo(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, PARENT_POLL_MS);
  timer.unref();
  // After a signal the child is ending; another one would mean "at once".
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => clearInterval(timer));
}

function endLike(code, signal) {
  if (signal === null) {
    process.exitCode = code;
    return;
  }
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
