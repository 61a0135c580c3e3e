// Plain JavaScript: where the bundle of the project's modules is kept, as they are now.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_FOLDER } from "./node-runtime.mjs";

/** The threads of a role begin with these; by the names of their bundles. */
export const ENTRIES = {
  role: join(PROJECT_FOLDER, "packages", "cli", "src", "main.ts"),
  "metadata-writer": join(PROJECT_FOLDER, "packages", "metadata", "src", "sqlite", "writer-worker.ts"),
};
/** Beside each bundle: the lines of the sources that its lines come from. */
export const LINES_SUFFIX = ".lines.json";
export const BUNDLES_FOLDER = join(PROJECT_FOLDER, "node_modules", ".cache", "commonhold-bundles");

const PACKAGES_FOLDER = join(PROJECT_FOLDER, "packages");
/** What is installed, as npm itself keeps it. */
const INSTALLED_FILE = join(PROJECT_FOLDER, "node_modules", ".package-lock.json");
const OWN_FILES = ["source-bundle.mjs", "bundle-sources.mjs"].map((name) => join(import.meta.dirname, name));

/** A folder named by all that goes into the bundle: another one as soon as a source or a dependency changes. */
export function bundleFolder() {
  const digest = createHash("sha256").update(`${process.version}\0${PROJECT_FOLDER}\0`);
  for (const file of [...OWN_FILES, INSTALLED_FILE, ...listSources()]) {
    if (!existsSync(file)) continue;
    const content = readFileSync(file);
    digest.update(`${file}\0${content.length}\0`).update(content);
  }
  return join(BUNDLES_FOLDER, digest.digest("hex").slice(0, 32));
}

/** All but those of the page, which has a bundle of its own, and tests. */
function listSources() {
  const packages = readdirSync(PACKAGES_FOLDER).filter((name) => name !== "web");
  return packages.flatMap((name) => {
    const source = join(PACKAGES_FOLDER, name, "src");
    const files = existsSync(source) ? readdirSync(source, { recursive: true }).sort() : [];
    const modules = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
    return [join(PACKAGES_FOLDER, name, "package.json"), ...modules.map((file) => join(source, file))];
  });
}
