// Plain JavaScript: strips the types from the project's modules, as far as that is not done, and forgets older ones.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, join } from "node:path";
import { PACKAGES_FOLDER, STRIPPED_FOLDER, strippedFile } from "./stripped-file.mjs";

mkdirSync(STRIPPED_FOLDER, { recursive: true });
const current = new Set();
for (const module of listModules()) {
  const file = strippedFile(module);
  current.add(basename(file));
  if (existsSync(file)) continue;
  const source = stripped(readFileSync(module, "utf8"));
  if (source === undefined) continue;
  // Several may do this at once, and a role may read it meanwhile.
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, source);
  renameSync(unfinished, file);
}
for (const name of readdirSync(STRIPPED_FOLDER)) {
  if (name.endsWith(".js") && !current.has(name)) rmSync(join(STRIPPED_FOLDER, name), { force: true });
}

/** Undefined for what is no TypeScript: whoever loads it hears from Node.js what is wrong. */
function stripped(source) {
  try {
    return stripTypeScriptTypes(source);
  } catch {
    return undefined;
  }
}

/** All but those of the page, which are bundled, and tests. */
function listModules() {
  const packages = readdirSync(PACKAGES_FOLDER).filter((name) => name !== "web");
  return packages.flatMap((name) => {
    const folder = join(PACKAGES_FOLDER, name, "src");
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder, { recursive: true });
    return files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts")).map((file) => join(folder, file));
  });
}
