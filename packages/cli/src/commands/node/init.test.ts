import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { runCli } from "../../testing/run-cli.ts";
import { tempFolder } from "../../testing/temp-folder.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const TOKEN = "chj_a-token-that-lets-a-node-in";

test.skipIf(process.platform !== "linux")("the join token does not stay in the list of processes", async () => {
  let pid = 0;
  let command = "";
  let received = "";
  // The coordinator's side of a registration: a good moment to look, as the node waits for the answer.
  const coordinator = createServer((request, response) => {
    request.on("data", (piece) => {
      received += String(piece);
    });
    request.on("end", () => {
      command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      response.writeHead(403, { "content-type": "application/json" });
      response.end('{"error":{"code":"INVALID_JOIN_TOKEN","message":"the join token is not known"}}');
    });
  });
  coordinator.listen(0, "127.0.0.1");
  await once(coordinator, "listening");
  onTestFinished(() => void coordinator.close());
  const url = `http://127.0.0.1:${(coordinator.address() as AddressInfo).port}`;
  const args = ["node", "init", "--name", "attic", "--coordinator-url", url, "--join-token", TOKEN];
  const result = await runCli(args, {
    home: await tempFolder(),
    onStart: (child) => {
      pid = child.pid ?? 0;
    },
  });
  expect(result.stderr).toContain("INVALID_JOIN_TOKEN");
  expect(received).toContain(TOKEN);
  expect(command).toContain("commonhold node init");
  expect(command).not.toContain(TOKEN);
});
