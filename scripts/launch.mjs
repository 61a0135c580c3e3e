// Plain JavaScript that Node.js 20 runs: `node scripts/launch.mjs FILE.ts ARGS…` runs a program of this project with
// Node.js 24 and its dependencies, fetching either where it is missing. FILE is relative to the project's folder.
import { resolve } from "node:path";
import { ensureDependencies, ensureNode, InstallError } from "./install.mjs";
import { becomeNode, PROJECT_FOLDER } from "./node-runtime.mjs";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("Which program? node scripts/launch.mjs FILE.ts ARGS…");
  process.exit(64);
}
try {
  const node = await ensureNode();
  await ensureDependencies(node);
  becomeNode(node, [resolve(PROJECT_FOLDER, file), ...args]);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
