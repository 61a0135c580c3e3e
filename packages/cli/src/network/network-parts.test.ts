import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { closeSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import { choosePort } from "./choose-port.ts";
import { listNodeFolders, readFirstAccount } from "./local-network.ts";
import { createRestartPolicy } from "./restart-policy.ts";
import { openRoleLog } from "./role-log.ts";

test("restarts wait longer each time, up to a minute, and never end; a long life counts anew", () => {
  const policy = createRestartPolicy();
  const delays = Array.from({ length: 2_000 }, () => policy.next(10).delayMs);
  expect(delays.slice(0, 9)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  expect(new Set(delays.slice(7))).toEqual(new Set([60_000]));
  expect(policy.next(10)).toEqual({ delayMs: 60_000, failures: 2_001 });
  expect(policy.next(120_000)).toEqual({ delayMs: 500, failures: 1 });
});

test("a log is appended to, and turned over once it is large", async () => {
  const path = join(await tempFolder(), "logs", "role.log");
  const write = (text: string) => {
    const fd = openRoleLog(path, 10);
    writeSync(fd, text);
    closeSync(fd);
  };
  write("first line\n");
  write("second\n");
  write("third\n");
  expect(await readFile(`${path}.1`, "utf8")).toBe("first line\n");
  expect(await readFile(path, "utf8")).toBe("second\nthird\n");
  expect((await stat(path)).mode & 0o077).toBe(0);
});

test("a port in use is told with its number and the flag", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const refused = choosePort("127.0.0.1", port);
  await expect(refused).rejects.toMatchObject({ code: "PORT_IN_USE", message: expect.stringContaining("--port") });
  await expect(refused).rejects.toThrow(String(port));
  const free = await choosePort("127.0.0.1", 0);
  expect(await choosePort("127.0.0.1", free)).toBe(free);
  await expect(choosePort("203.0.113.7", 8080)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test("nodes are listed by their numbers", async () => {
  const data = await tempFolder();
  expect(await listNodeFolders(data)).toEqual([]);
  for (const name of ["node-10", "node-2", "attic"]) await mkdir(join(data, "nodes", name), { recursive: true });
  expect(await listNodeFolders(data)).toEqual(["attic", "node-2", "node-10"]);
});

test("the first account is read only from a file of one's own", async () => {
  const data = await tempFolder();
  await expect(readFirstAccount(data)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await mkdir(join(data, "coordinator"));
  const path = join(data, "coordinator", "first-account.json");
  await writeFile(path, '{"email":"trial@example.org","password":"long enough"}', { mode: 0o600 });
  expect(await readFirstAccount(data)).toEqual({ email: "trial@example.org", password: "long enough" });
  await writeFile(path, "{}", { mode: 0o600 });
  await expect(readFirstAccount(data)).rejects.toMatchObject({ code: "INVALID_CONFIG" });
});
