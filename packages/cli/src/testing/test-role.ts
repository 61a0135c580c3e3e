import { existsSync, writeFileSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { AppError } from "@commonhold/core/app-error.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { runRole } from "../roles/run-role.ts";

const [behaviour, file = ""] = process.argv.slice(2);

/**
 * A role that does nothing: `ready`, `fail` (its start), `fail-open` (the same, and leaves something open), `fail-stuck`
 * (the same, and does nothing any more), `ready-once FILE` (later starts fail), `slow-exit FILE` (goes on as a process
 * once it has stopped), `never` (is ready), `die-once FILE` (after it was ready), `hang` (when told to
 * stop), `chatter`, `explain` (logs what Node.js runs it with). It ends as the program does: by an exit code.
 */
await runRole("test role", async () => {
  console.log(`begun ${behaviour}`);
  if (behaviour === "fail-stuck" || behaviour === "slow-exit")
    process.on("exit", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  if (behaviour === "fail-open") setInterval(() => undefined, 60_000);
  if (behaviour?.startsWith("fail") === true) throw new AppError("INVALID_CONFIG", "the colour is wrong");
  if (behaviour === "ready-once") {
    if (existsSync(file)) throw new AppError("INVALID_CONFIG", "the colour is wrong");
    writeFileSync(file, "");
  }
  const keepAlive = setInterval(() => undefined, 60_000);
  if (behaviour === "die-once" && !existsSync(file)) {
    writeFileSync(file, "");
    setTimeout(() => process.exit(3), 20);
  }
  if (behaviour === "explain") console.log(process.execArgv.join("\n"), `\ncache ${getCompileCacheDir()}`);
  if (behaviour === "never") await new Promise(() => undefined);
  if (behaviour === "chatter") setInterval(() => console.log("chatter ".repeat(100)), 1);
  return {
    logger: createLogger({ level: "silent", name: "test" }),
    url: `http://127.0.0.1/${process.pid}`,
    async stop() {
      if (behaviour === "hang") await new Promise(() => undefined);
      clearInterval(keepAlive);
      if ((behaviour === "ready" || behaviour === "slow-exit") && file !== "") writeFileSync(file, "stopped");
      return true;
    },
  };
}).catch((error: unknown) => {
  console.log(error);
  process.exitCode = 42;
});
