// Plain JavaScript: bundles the project's modules and what they import, as far as that is not done, and forgets older
// bundles. What a module says of its own place stays true: files beside it are found as if it were not bundled.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { PROJECT_FOLDER } from "./node-runtime.mjs";
import { BUNDLES_FOLDER, bundleFolder, ENTRIES, LINES_SUFFIX } from "./source-bundle.mjs";

/** So many of the latest stay, for roles that run and may still import a part of theirs. */
const BUNDLES_KEPT = 5;
const UNFINISHED_MS_MAX = 3_600_000;

const folder = bundleFolder();
if (!existsSync(folder)) await makeBundle(folder);
forgetOlder(folder);

async function makeBundle(folder) {
  const bundle = await rolldown({
    input: ENTRIES,
    cwd: PROJECT_FOLDER,
    platform: "node",
    external: [/^node:/, /\.node$/],
    plugins: [{ name: "own-place", transform: tellOwnPlace }],
  });
  const { output } = await bundle.generate({
    dir: folder,
    format: "esm",
    sourcemap: true,
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
  });
  // Several may do this at once, and a role may read it meanwhile.
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  for (const { type, fileName, code, map } of output) {
    if (type !== "chunk") continue;
    writeFileSync(join(unfinished, fileName), code);
    if (map === null) continue;
    writeFileSync(join(unfinished, `${fileName}${LINES_SUFFIX}`), JSON.stringify(sourceLines(code, map, folder)));
  }
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Puts the module's own address where it asks for that. No line moves. */
function tellOwnPlace(code, id) {
  if (!/import\.meta|__dirname|__filename/.test(code)) return undefined;
  const place = { url: pathToFileURL(id).href, filename: id, dirname: dirname(id) };
  const told = code.replaceAll(/\bimport\.meta\.(url|filename|dirname)\b/g, (_, name) => JSON.stringify(place[name]));
  if (/\b(const|let|var) __(dirname|filename)\b/.test(told) || !/__(dirname|filename)/.test(told)) return unmoved(told);
  const isStrict = /^(\s|\/\*[^]*?\*\/|\/\/.*\n)*["']use strict["']/.test(told);
  const names = `var __dirname = ${JSON.stringify(place.dirname)}, __filename = ${JSON.stringify(place.filename)};`;
  return unmoved(`${isStrict ? '"use strict"; ' : ""}${names}${told}`);
}

function unmoved(code) {
  return { code, map: null };
}

/**
 * Which source the lines of a bundle come from. Three numbers for each run of lines: the first in the bundle, its file,
 * its line there. Far less than a source map, as it is read by a role that runs.
 */
function sourceLines(code, map, folder) {
  const sourceMap = new SourceMap(JSON.parse(map.toString()));
  const files = new Map();
  const runs = [];
  let expected = "";
  for (const [index, line] of code.split("\n").entries()) {
    const { originalSource, originalLine } = sourceMap.findEntry(index, line.search(/\S|$/));
    if (originalSource === undefined) continue;
    if (!files.has(originalSource)) files.set(originalSource, files.size);
    const file = files.get(originalSource);
    if (expected !== `${file}:${originalLine}`) runs.push(index + 1, file, originalLine + 1);
    expected = `${file}:${originalLine + 1}`;
  }
  return { files: [...files.keys()].map((file) => pathToFileURL(resolve(folder, file)).href), runs };
}

/** Also what a process left unfinished that was killed. */
function forgetOlder(current) {
  const all = readdirSync(BUNDLES_FOLDER).map((name) => {
    const path = join(BUNDLES_FOLDER, name);
    return { path, isFinished: !name.includes("."), madeMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  const others = all.filter(({ path, isFinished }) => path !== current && isFinished);
  const older = others.sort((a, b) => b.madeMs - a.madeMs).slice(BUNDLES_KEPT - 1);
  const left = all.filter(({ isFinished, madeMs }) => !isFinished && madeMs < Date.now() - UNFINISHED_MS_MAX);
  for (const { path } of [...older, ...left]) rmSync(path, { recursive: true, force: true });
}
