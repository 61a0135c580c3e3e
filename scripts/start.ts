/** `npm start`: builds the web app where that is needed, then runs the command that it is given. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

// In a process of its own: its memory is given back before the network starts.
const program = join(import.meta.dirname, "build-web.ts");
const flags = ["--disable-warning=ExperimentalWarning"];
const { status } = spawnSync(process.execPath, [...flags, program], { stdio: ["ignore", "inherit", "inherit"] });
if (status !== 0) console.error("The web app could not be built; everything else works.");
await import("../packages/cli/src/main.ts");
