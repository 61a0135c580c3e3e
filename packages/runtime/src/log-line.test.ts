import { AppError } from "@commonhold/core/app-error.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLogLine } from "./log-line.ts";
import { createLogger, type Logger } from "./logger.ts";

const time = new Date(2026, 0, 31, 14, 5, 7).toISOString();

function shown(record: object, colours = false): string {
  return formatLogLine(`${JSON.stringify({ time, pid: 1, hostname: "h", name: "node", ...record })}\n`, { colours });
}

/** What a call of the logger becomes, without its time. */
function told(log: (logger: Logger) => void): string {
  const lines: string[] = [];
  log(createLogger({ level: "trace", name: "node", destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => formatLogLine(line, { colours: false }).replace(/^\S+ \S+ /, "")).join("");
}

describe("formatLogLine", () => {
  it("gives local time, message and fields of an ordinary line", () => {
    expect(shown({ level: "info", msg: "the node is up", admin: "http://127.0.0.1:1", bytes: 5, none: null })).toBe(
      "2026-01-31 14:05:07 the node is up admin=http://127.0.0.1:1 bytes=5\n",
    );
  });

  it("names every level but info", () => {
    for (const level of ["trace", "debug", "warn", "error", "fatal"]) {
      expect(shown({ level, msg: "said" })).toBe(`2026-01-31 14:05:07 ${level.toUpperCase()} said\n`);
    }
  });

  it("quotes what has spaces, writes what is nested as JSON and shortens what is long", () => {
    const line = shown({ level: "info", msg: "m", why: 'a "b" c', list: ["x", 1], long: "y".repeat(1000) });
    expect(line).toContain(String.raw`m why="a \"b\" c" list=["x",1] long=yyy`);
    expect(line.length).toBeLessThan(400);
  });

  it("tells an error that is a warning in one line, with its code, causes and details", () => {
    const cause = Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" });
    const err = new AppError("TIMEOUT", "The coordinator does not answer", { details: { tries: 3 }, cause });
    expect(told((logger) => logger.warn({ err, failures: 2 }, "not told"))).toBe(
      "WARN not told: The coordinator does not answer (TIMEOUT), caused by: connect failed (ECONNREFUSED) " +
        "tries=3 failures=2\n",
    );
  });

  it("tells an error from level error on with the stacks of all its causes, indented", () => {
    const err = new Error("failed", { cause: new Error("deeper") });
    const [head, ...stack] = told((logger) => logger.error({ err }, "A closer failed"))
      .trimEnd()
      .split("\n");
    expect(head).toBe("ERROR A closer failed: failed");
    const at = stack.indexOf("    caused by: deeper");
    expect(at).toBeGreaterThan(0);
    expect(stack[0]).toContain("log-line.test.ts");
    for (const line of stack.toSpliced(at, 1)) expect(line).toMatch(/^ {6}at /);
  });

  it("says an error that is logged alone once", () => {
    expect(told((logger) => logger.warn(new Error("broken")))).toBe("WARN broken\n");
  });

  it("colours only where it is asked to", () => {
    const record = {
      level: "error",
      msg: "m",
      err: { type: "Error", message: "e", stack: "Error: e\n    at f" },
      a: 1,
    };
    const coloured = shown(record, true);
    expect(coloured).toContain("\u001b[31mERROR\u001b[39m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what colours are made of
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(shown(record));
    expect(shown(record)).not.toContain("\u001b");
  });

  it("never lets anything through that a terminal would obey, nor a line of somebody else's making", () => {
    const text = fc.string({
      unit: fc.constantFrom("\u001b", "\n", "\r", "\u009b", "\u202e", "\u2028", "a", '"', " "),
    });
    const record = fc.record({
      level: fc.constantFrom("info", "error"),
      msg: text,
      err: fc.option(fc.record({ message: text, stack: text, code: text, details: fc.dictionary(text, text) })),
      field: fc.oneof(text, fc.dictionary(text, text)),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          record.map((fields) => JSON.stringify(fields)),
          text,
        ),
        (line) => {
          const lines = formatLogLine(line, { colours: false }).slice(0, -1).split("\n");
          expect(lines.join("")).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
          for (const more of lines.slice(1)) expect(more).toMatch(/^ {4}/);
        },
      ),
    );
  });
});
