// Plain JavaScript, loaded first into each thread of a role (`--import`): it gives Node.js one bundle in place of the
// project's modules and all that they import, some three thousand files. They would take half of the time of a start
// and some 25 MB for as long as the role runs. A process of its own makes the bundle, once for each state of the sources.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";
import { bundleFolder, ENTRIES } from "./source-bundle.mjs";
import { showSourceLines } from "./source-lines.mjs";

const BUNDLER = join(import.meta.dirname, "bundle-sources.mjs");
/** It takes two seconds or three. */
const BUNDLE_MS_MAX = 120_000;
/** What the first thread has, the others take, though sources may have changed since. */
const SHARED_FOLDER = "commonhold:bundle";

const entries = new Map(Object.entries(ENTRIES).map(([name, path]) => [pathToFileURL(path).href, `${name}.mjs`]));

/** Undefined where there can be none: Node.js loads the modules themselves then. */
function currentBundle() {
  const folder = bundleFolder();
  if (!existsSync(folder)) {
    spawnSync(process.execPath, [BUNDLER], { stdio: "ignore", timeout: BUNDLE_MS_MAX, windowsHide: true });
  }
  return existsSync(folder) ? folder : undefined;
}

function bundledEntry(url) {
  const name = entries.get(url);
  if (name === undefined) return undefined;
  if (isMainThread) setEnvironmentData(SHARED_FOLDER, currentBundle());
  const folder = getEnvironmentData(SHARED_FOLDER);
  if (folder === undefined) return undefined;
  showSourceLines(folder);
  return pathToFileURL(join(folder, name)).href;
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    // Only what a thread begins with: the bundle has the rest.
    const url = context.parentURL === undefined ? bundledEntry(found.url) : undefined;
    return url === undefined ? found : { url, format: "module", shortCircuit: true };
  },
});
