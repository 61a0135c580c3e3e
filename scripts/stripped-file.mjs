import { statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { PROJECT_FOLDER } from "./node-runtime.mjs";

export const PACKAGES_FOLDER = join(PROJECT_FOLDER, "packages");
export const STRIPPED_FOLDER = join(PROJECT_FOLDER, "node_modules", ".cache", "commonhold-stripped");

/** Where a module of the project is kept without its types: another file as soon as the module changes. */
export function strippedFile(path) {
  const { size, mtimeMs } = statSync(path);
  const name = relative(PACKAGES_FOLDER, path).replaceAll(sep, "~");
  return join(STRIPPED_FOLDER, `${name}.${size}.${mtimeMs}.js`);
}
