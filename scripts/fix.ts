/** `npm run fix`: mends what the tools can mend by themselves, and shows what is left. */
import { runTool } from "./run-tool.ts";

const fixes = [
  await runTool("oxlint/bin/oxlint", ["--fix", "--deny-warnings"]),
  await runTool("@biomejs/biome/bin/biome", ["format", "--write"]),
];
for (const { output } of fixes) console.log(output.trimEnd());
process.exitCode = fixes.every((fix) => fix.succeeded) ? 0 : 1;
