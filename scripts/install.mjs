// Plain JavaScript that Node.js 20 runs: it installs Node.js 24 and the project's dependencies where they are missing.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { withInstallLock } from "./install-lock.mjs";
import { findNode, NODE_ADVICE, PROJECT_FOLDER, RUNTIME_FOLDER, runtimeNodePath } from "./node-runtime.mjs";

const MODULES_FOLDER = join(PROJECT_FOLDER, "node_modules");
const LOCK_FILE = join(PROJECT_FOLDER, "package-lock.json");
const STOP_SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"];
const STAMP_FILE = join(MODULES_FOLDER, ".commonhold-lock");

/** What stops a start and has its own sentence. */
export class InstallError extends Error {}

/** The path of a Node.js that is new enough, fetched from npm where the machine has none. */
export async function ensureNode() {
  return findNode() ?? (await withInstallLock(PROJECT_FOLDER, async () => findNode() ?? (await installNode())));
}

/** Installs the project's dependencies, unless those of the current lock file are there. */
export async function ensureDependencies(node) {
  const stamp = currentStamp();
  if (readIfPresent(STAMP_FILE) === stamp) return;
  await withInstallLock(PROJECT_FOLDER, async () => {
    if (readIfPresent(STAMP_FILE) === stamp) return;
    if (!isInstalledByHand()) await installDependencies(node);
    mkdirSync(MODULES_FOLDER, { recursive: true });
    writeFileSync(STAMP_FILE, stamp);
  });
}

async function installNode() {
  const wanted = basename(dirname(dirname(runtimeNodePath())));
  const offered = JSON.parse(readFileSync(join(RUNTIME_FOLDER, "package.json"), "utf8")).optionalDependencies;
  if (!Object.hasOwn(offered, wanted)) {
    const machine = `${process.platform} on ${process.arch}`;
    throw new InstallError(`npm has no Node.js 24 for ${machine}: ${NODE_ADVICE}.`);
  }
  await npmCi(process.execPath, RUNTIME_FOLDER, { what: "Fetching Node.js 24", first: true });
  const node = runtimeNodePath();
  const { code } = await run(node, ["--version"], { cwd: RUNTIME_FOLDER });
  if (code === 0) return node;
  rmSync(dirname(dirname(node)), { recursive: true, force: true });
  throw new InstallError(`The Node.js 24 from npm does not run on this machine: ${NODE_ADVICE}.`);
}

async function installDependencies(node) {
  const first = !existsSync(MODULES_FOLDER);
  rmSync(STAMP_FILE, { force: true });
  await npmCi(node, PROJECT_FOLDER, { what: first ? "Installing dependencies" : "Updating dependencies", first });
}

/** Runs `npm ci` in a folder under that Node.js; its output is shown only if it fails. */
async function npmCi(node, folder, { what, first }) {
  const npm = findNpm();
  if (npm === undefined)
    throw new InstallError(`There is no npm on this machine; it comes with Node.js: ${NODE_ADVICE}.`);
  process.stderr.write(`${what}${first ? " (first start only)" : ""}…\n`);
  const args = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"];
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` };
  const { code, output } = await run(node, args, { cwd: folder, env });
  if (code === 0) return;
  process.stderr.write(output);
  throw new InstallError(
    `${what} failed; npm's own words stand above. Is the network there? Then run the same command again.`,
  );
}

/** Runs a program to its end and gathers what it says. A signal to this process stops both. */
function run(program, args, options) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    let stopped = false;
    const stop = (signal) => {
      stopped = true;
      child.kill(signal);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
    const end = (result) => {
      if (stopped) process.exit(1);
      for (const signal of STOP_SIGNALS) process.removeListener(signal, stop);
      resolve(result);
    };
    child.stdout.on("data", (data) => output.push(data));
    child.stderr.on("data", (data) => output.push(data));
    child.on("error", (error) => end({ code: 1, output: `${error.message}\n` }));
    child.on("close", (code) => end({ code: code ?? 1, output: Buffer.concat(output).toString() }));
  });
}

/** npm's program: the one that started this, the one beside this Node.js, or the one on the PATH. */
function findNpm() {
  const beside = dirname(process.execPath);
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "npm"));
  const candidates = [
    process.env.npm_execpath ?? "",
    join(beside, "node_modules", "npm", "bin", "npm-cli.js"),
    join(beside, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    ...onPath,
  ];
  for (const candidate of candidates) {
    if (candidate === "" || !existsSync(candidate)) continue;
    const program = realpathSync(candidate);
    if (basename(program) === "npm-cli.js") return program;
  }
  return undefined;
}

/** Names the dependencies that belong here: the lock file's, for this system and processor. */
function currentStamp() {
  const digest = createHash("sha256").update(readFileSync(LOCK_FILE)).digest("hex");
  return `${digest} ${process.platform}-${process.arch}\n`;
}

/** Whether someone's own `npm ci` has put in place just what the lock file says. */
function isInstalledByHand() {
  const present = readLockedPackages(join(MODULES_FOLDER, ".package-lock.json"));
  const wanted = readLockedPackages(LOCK_FILE);
  if (present === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || !path.includes("node_modules/") || !isForThisMachine(entry)) return true;
    const { version, integrity } = present[path] ?? { version: "none" };
    return version === entry.version && integrity === entry.integrity;
  });
}

/** Undefined for a file that is missing or no lock file; what is wrong with it, npm can say. */
function readLockedPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function isForThisMachine({ os, cpu, libc, optional }) {
  // Of optional packages for this machine, those of the C library that it has not are rightly missing.
  if (optional === true && (libc !== undefined || os === undefined)) return false;
  return (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true);
}

function readIfPresent(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
