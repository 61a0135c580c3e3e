import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AppError } from "@commonhold/core/app-error.ts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createLogger, type LoggerOptions } from "./logger.ts";

function logged(log: (logger: ReturnType<typeof createLogger>) => void, level: LoggerOptions["level"] = "info") {
  const lines: string[] = [];
  log(createLogger({ level, name: "node", destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("createLogger", () => {
  it("writes JSON lines with level, time, name and fields, from its level up", () => {
    const lines = logged((logger) => {
      logger.debug("unseen");
      logger.warn({ chunks: 3 }, "Rot found");
    });
    expect(lines).toEqual([
      { level: "warn", time: expect.any(String), pid: process.pid, name: "node", chunks: 3, msg: "Rot found" },
    ]);
    expect(new Date(lines[0]!["time"] as string).toISOString()).toBe(lines[0]!["time"]);
  });

  it.each([
    { password: "hunter2" },
    { headers: { authorization: "Bearer hunter2", "X-API-Key": "hunter2" } },
    { a: { b: [{ refreshToken: "hunter2", access_token: "hunter2" }] } },
    { user: { apiKey: "hunter2", api_key: { nested: "hunter2" } } },
    { settings: new Map([["master_key", "hunter2"]]) },
    { err: new AppError("INTERNAL", "no", { details: { token: "hunter2" } }) },
    { seed: new TextEncoder().encode("hunter2") },
  ])("never shows the secret of %j", (fields) => {
    const text = JSON.stringify(logged((logger) => logger.info(fields, "said")));
    expect(text).not.toContain("hunter2");
    expect(text).toMatch(/\[redacted\]|\[7 bytes\]/);
  });

  it("hides secrets bound to a child", () => {
    const [line] = logged((logger) => logger.child({ token: "hunter2", node: "n1" }).info("said"));
    expect(line).toMatchObject({ token: "[redacted]", node: "n1" });
  });

  it("shows what merely looks like a secret's name", () => {
    const fields = { tokens_spent: 3, chunk_key_count: 2, chunk_name: "ab", join_tokens: 1 };
    expect(logged((logger) => logger.info(fields))[0]).toMatchObject(fields);
  });

  it("writes an error with its chain of causes", () => {
    const disk = Object.assign(new Error("write failed"), { code: "EIO" });
    const error = new AppError("STORAGE_FAILURE", "Could not write the chunk", {
      details: { path: "chunks/ab" },
      cause: new Error("the store failed", { cause: disk }),
    });
    const [line] = logged((logger) => logger.error({ err: error }, "Store failed"));
    expect(line!["err"]).toMatchObject({
      type: "AppError",
      code: "STORAGE_FAILURE",
      message: "Could not write the chunk",
      details: { path: "chunks/ab" },
      stack: expect.stringContaining("logger.test.ts"),
      cause: { message: "the store failed", cause: { message: "write failed", code: "EIO" } },
    });
  });

  it("writes an error given alone, under another name, or bound to a child", () => {
    const error = new Error("broken");
    const lines = logged((logger) => {
      logger.error(error);
      logger.error({ reason: error }, "said");
      logger.child({ err: error }).error("said");
    });
    expect(lines[0]).toMatchObject({ msg: "broken", err: { message: "broken" } });
    expect(lines[1]).toMatchObject({ reason: { message: "broken" } });
    expect(lines[2]).toMatchObject({ err: { message: "broken" } });
  });

  it("survives cycles, endless causes, many errors, big integers and long texts", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const endless = new Error("endless");
    endless.cause = endless;
    const many = new AggregateError([new Error("first"), new Error("second")], "both");
    const [line] = logged((logger) => logger.info({ cycle, endless, many, credits: 5n, long: "x".repeat(100_000) }));
    expect(line).toMatchObject({ credits: "5", many: { errors: [{ message: "first" }, { message: "second" }] } });
    expect((line!["long"] as string).length).toBeLessThan(20_000);
  });

  it("leaves request and response to the HTTP server's serialisers", () => {
    const [line] = logged((logger) => {
      const serializers = { req: (request: { path: string }) => ({ path: request.path }) };
      logger.child({}, { serializers }).info({ req: { path: "/x", socket: "much" } }, "said");
    });
    expect(line!["req"]).toEqual({ path: "/x" });
  });
});

describe("a logger's reader", () => {
  afterEach(() => vi.unstubAllEnvs());

  function written(isTTY: boolean): string {
    const lines: string[] = [];
    const destination = { isTTY, write: (line: string) => void lines.push(line) };
    createLogger({ level: "info", name: "node", destination }).warn({ chunks: 3 }, "Rot found");
    return lines.join("");
  }

  it("gets a line for people at a terminal, in colours where nobody said not to", () => {
    vi.stubEnv("NO_COLOR", "1");
    expect(written(true)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARN Rot found chunks=3\n$/);
    vi.stubEnv("NO_COLOR", "");
    expect(written(true)).toContain("\u001b[33mWARN");
  });

  it("gets JSON anywhere else", () => {
    expect(JSON.parse(written(false))).toMatchObject({ level: "warn", msg: "Rot found", chunks: 3 });
  });

  it("gets JSON through a pipe of standard output", async () => {
    const script = `
      import { createLogger } from ${JSON.stringify(new URL("./logger.ts", import.meta.url).href)};
      createLogger({ level: "info", name: "node" }).info({ chunks: 3 }, "Rot found");`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    expect(JSON.parse(stdout)).toMatchObject({ level: "info", msg: "Rot found", chunks: 3 });
  });
});
