import { enableCompileCache } from "node:module";
import { userFolders } from "./state/user-folders.ts";

// Compiled code is kept for the next start, which is then twice as quick. Where it cannot be kept, nothing happens.
const { cache } = userFolders(process.env);
enableCompileCache(cache);
// A thread compiles on its own account, and goes by the environment.
process.env["NODE_COMPILE_CACHE"] ??= cache;

// Whoever reads our output may stop reading, as `head` does: like any other program, end without a word.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 141 : 74);
});

const { runProgram } = await import("./program.ts");
process.exitCode = await runProgram(process.argv.slice(2));
