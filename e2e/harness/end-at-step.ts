/**
 * Loaded into a role's process with `--import`: ends the process by the signal, and at the step of an upload, that the
 * file of its `StepTrap` asks for. Asked at every step, so that a process is not started anew for each.
 */
import { subscribe } from "node:diagnostics_channel";
import { readFileSync, renameSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { UPLOAD_STEP_CHANNEL } from "@commonhold/runtime/upload-steps.ts";
import { sprungFile, TRAP_FILE_VARIABLE, type TrapOrder } from "./step-trap.ts";

const file = process.env[TRAP_FILE_VARIABLE] ?? "";
let countedId: string | undefined;
let reached = 0;

function readOrder(): TrapOrder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TrapOrder;
  } catch {
    return undefined;
  }
}

subscribe(UPLOAD_STEP_CHANNEL, (step) => {
  const order = readOrder();
  if (order === undefined || order.step !== step) return;
  if (countedId !== order.id) reached = 0;
  countedId = order.id;
  reached += 1;
  if (reached < order.time) return;
  try {
    // Of several processes that share the trap, the first takes it away.
    renameSync(file, sprungFile(file));
  } catch {
    return;
  }
  // Else a killed process leaves nothing for its next start.
  flushCompileCache();
  process.kill(process.pid, order.signal);
});
