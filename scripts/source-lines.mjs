// Plain JavaScript: stack traces of a bundle show the files and lines of the sources.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LINES_SUFFIX } from "./source-bundle.mjs";

/** From now on, in this thread; what has to be known for it is read when the first such trace is. */
export function showSourceLines(folder) {
  const tables = new Map();
  const prefix = `${pathToFileURL(folder).href}/`;
  const place = new RegExp(`${RegExp.escape(prefix)}([^/:]+):(\\d+):\\d+`, "g");
  const show = (text) =>
    text.replace(place, (bundled, name, line) => {
      if (!tables.has(name)) tables.set(name, readTable(join(folder, `${name}${LINES_SUFFIX}`)));
      return sourceLine(tables.get(name), Number(line)) ?? bundled;
    });
  Error.prepareStackTrace = (error, sites) =>
    `${titleOf(error)}${sites.map((site) => show(`\n    at ${site}`)).join("")}`;
}

/** As Node.js says it by itself, with the code of an error of its own. */
function titleOf(error) {
  const title = Error.prototype.toString.call(error);
  const { name, code } = error;
  return String(code).startsWith("ERR_") && title.startsWith(`${name}:`)
    ? title.replace(name, `${name} [${code}]`)
    : title;
}

function readTable(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { files: [], runs: [] };
  }
}

function sourceLine({ files, runs }, line) {
  let low = 0;
  let high = runs.length / 3;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs[middle * 3] <= line) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  const [first, file, there] = runs.slice((low - 1) * 3, low * 3);
  return `${files[file]}:${there + line - first}`;
}
