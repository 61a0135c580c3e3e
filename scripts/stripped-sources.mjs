// Plain JavaScript, loaded first into each thread of a role (`--import`): it gives Node.js the project's modules with
// their types stripped already, by a process of its own. A process that strips them itself keeps what it takes for as
// long as it lives, and so does one that reads compiled code from Node.js's cache: either is some 15 MB a thread.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PACKAGES_FOLDER, strippedFile } from "./stripped-file.mjs";

const STRIPPER = join(import.meta.dirname, "strip-sources.mjs");
const PACKAGES_URL = `${pathToFileURL(PACKAGES_FOLDER).href}/`;
/** It takes a second or two. */
const STRIP_MS_MAX = 120_000;

let hasStripped = false;

/** Where it is missing, all that is missing is made, once. Undefined where that cannot be: Node.js strips it then. */
function readStripped(path) {
  try {
    return readFileSync(strippedFile(path), "utf8");
  } catch (error) {
    if (error.code !== "ENOENT" || hasStripped) return undefined;
  }
  hasStripped = true;
  spawnSync(process.execPath, [STRIPPER], { stdio: "ignore", timeout: STRIP_MS_MAX, windowsHide: true });
  return readStripped(path);
}

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(PACKAGES_URL) || !url.endsWith(".ts")) return nextLoad(url, context);
    const source = readStripped(fileURLToPath(url));
    return source === undefined ? nextLoad(url, context) : { format: "module", source, shortCircuit: true };
  },
});
