import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ORPHAN = fileURLToPath(new URL("../testing/test-orphan.ts", import.meta.url));

test.skipIf(process.platform === "win32")("a process notices that the shell it ran in was killed", async () => {
  const shell = spawn("sh", ["-c", '"$0" "$1" & wait', process.execPath, ORPHAN], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  shell.stdout.on("data", (piece) => {
    said += String(piece);
    if (said === "watching\n") shell.kill("SIGKILL");
  });
  // The pipe closes when the last process that writes to it has ended.
  await once(shell, "close");
  expect(said).toBe("watching\nalone\n");
});
