#!/usr/bin/env node
// Plain JavaScript that Node.js 20 runs: the `commonhold` command, run with Node.js 24.
import { join } from "node:path";
import { becomeNode, findNode, NODE_ADVICE, PROJECT_FOLDER } from "../../../scripts/node-runtime.mjs";

const node = findNode();
if (node === undefined) {
  console.error(
    `commonhold needs Node.js 24. Run "npm run setup" once in ${PROJECT_FOLDER}, which fetches it, or ${NODE_ADVICE}.`,
  );
  process.exitCode = 1;
} else {
  const program = join(PROJECT_FOLDER, "packages", "cli", "src", "main.ts");
  becomeNode(node, [program, ...process.argv.slice(2)], { title: "commonhold" });
}
