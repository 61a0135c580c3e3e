import { existsSync, writeFileSync } from "node:fs";
import { AppError } from "@commonhold/core/app-error.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { runRole } from "../roles/run-role.ts";

const [behaviour, file = ""] = process.argv.slice(2);

/** A role that does nothing: `ready`, `fail`, `die-once FILE` (after it was ready), `hang` (when told to stop), `chatter`. */
await runRole("test role", async () => {
  console.log(`begun ${behaviour}`);
  if (behaviour === "fail") throw new AppError("INVALID_CONFIG", "the colour is wrong");
  const keepAlive = setInterval(() => undefined, 60_000);
  if (behaviour === "die-once" && !existsSync(file)) {
    writeFileSync(file, "");
    setTimeout(() => process.exit(3), 20);
  }
  if (behaviour === "chatter") setInterval(() => console.log("chatter ".repeat(100)), 1);
  return {
    logger: createLogger({ level: "silent", name: "test" }),
    url: `http://127.0.0.1/${process.pid}`,
    async stop() {
      if (behaviour === "hang") await new Promise(() => undefined);
      clearInterval(keepAlive);
      if (behaviour === "ready" && file !== "") writeFileSync(file, "stopped");
      return true;
    },
  };
});
