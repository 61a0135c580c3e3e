import { fileURLToPath } from "node:url";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { createRestartPolicy } from "../network/restart-policy.ts";
import { SupervisedRole } from "../network/supervised-role.ts";

const [logFile = "", stopFile = ""] = process.argv.slice(2);

/** Runs a test role under supervision and says what its process is. */
const role = new SupervisedRole(
  { clock: systemClock, restartPolicy: createRestartPolicy(), onEvent: () => undefined },
  {
    name: "role",
    program: fileURLToPath(new URL("./test-role.ts", import.meta.url)),
    args: ["ready", stopFile],
    logFile,
    verbose: false,
  },
);
await role.start();
console.log(role.pid);
setInterval(() => undefined, 60_000);
