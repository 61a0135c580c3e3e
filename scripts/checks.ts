import { runTool } from "./run-tool.ts";

interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** How many things passed and failed: checks count one each, tests one each. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const CHECKS: readonly Check[] = [
  { name: "types", program: "typescript/bin/tsc", args: ["--project", "tsconfig.json"] },
  { name: "types of core without Node.js", program: "typescript/bin/tsc", args: ["--project", "tsconfig.core.json"] },
  { name: "types of the web app", program: "typescript/bin/tsc", args: ["--project", "packages/web/tsconfig.json"] },
  { name: "lint", program: "oxlint/bin/oxlint", args: ["--deny-warnings"] },
  { name: "format", program: "@biomejs/biome/bin/biome", args: ["format"] },
  { name: "unused code and dependencies", program: "knip/bin/knip.js", args: [] },
];

/** Runs every check, also after one has failed; says a line about each, and all that a failing one says. */
export async function runChecks(): Promise<Counts> {
  let failed = 0;
  for (const check of CHECKS) {
    const result = await runTool(check.program, check.args);
    console.log(`${result.succeeded ? "✓" : "✗"} ${check.name}`);
    if (result.succeeded) continue;
    failed++;
    console.log(result.output);
  }
  return { passed: CHECKS.length - failed, failed };
}
