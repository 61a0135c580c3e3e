import { AppError } from "@commonhold/core/app-error.ts";
import { expect, test } from "vitest";
import { Interrupted } from "../interruption.ts";
import { formatDuration, formatMoment } from "./format-time.ts";
import type { OutputFlags } from "./output.ts";
import { formatTable } from "./output.ts";
import { AlreadyReported, reportError } from "./report-error.ts";

function report(error: unknown, flags: OutputFlags = {}) {
  let text = "";
  const exitCode = reportError(error, { write: (piece: string) => (text += piece) }, flags);
  return { text, exitCode };
}

test("an error is one line with its code, whatever its message holds", () => {
  const error = new AppError("FILE_NOT_FOUND", 'there is no file\n  \u001b[31m"x"');
  expect(report(error)).toEqual({
    text: 'commonhold: there is no file \ufffd[31m"x" (FILE_NOT_FOUND)\n',
    exitCode: 66,
  });
});

test("what a command can mend has a hint, unless the message says it", () => {
  const broke = report(new AppError("INSUFFICIENT_CREDITS", "3 credits are missing."));
  expect(broke.text).toBe(
    'commonhold: 3 credits are missing. Buy some with "commonhold credits buy AMOUNT_USD" (INSUFFICIENT_CREDITS)\n',
  );
  const ended = report(new AppError("UNAUTHENTICATED", "the session has ended: log in again"));
  expect(ended.text).toBe("commonhold: the session has ended: log in again (UNAUTHENTICATED)\n");
});

test("with --verbose the causes follow", () => {
  const deep = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const error = new AppError("STORAGE_FAILURE", "cannot save", { cause: new Error("no way", { cause: deep }) });
  expect(report(error, { verbose: true }).text.split("\n")).toEqual([
    "commonhold: cannot save (STORAGE_FAILURE)",
    "  caused by: no way",
    "  caused by: refused (ECONNREFUSED)",
    "",
  ]);
});

test("with --json it is JSON", () => {
  const { text } = report(new AppError("UNAUTHENTICATED", "nobody is here", { details: { url: "x" } }), { json: true });
  expect(JSON.parse(text)).toEqual({
    error: {
      code: "UNAUTHENTICATED",
      message: "nobody is here",
      hint: 'Log in with "commonhold login"',
      details: { url: "x" },
    },
  });
});

test("a fault of ours is INTERNAL, and shows where with --verbose", () => {
  expect(report(new TypeError("x is undefined"))).toEqual({
    text: "commonhold: something unexpected happened: x is undefined (INTERNAL)\n",
    exitCode: 70,
  });
  expect(report(new TypeError("x"), { verbose: true }).text).toContain("report-error.test.ts");
});

test("interruptions and what was told before have only an exit code", () => {
  expect(report(new Interrupted(130))).toEqual({ text: "commonhold: interrupted\n", exitCode: 130 });
  expect(report(new AlreadyReported(65))).toEqual({ text: "", exitCode: 65 });
});

test.each([
  [0, "0 s"],
  [59_400, "59 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [3_600_000 * 2.1, "2 h 6 min"],
  [86_400_000 * 3, "3 d"],
])("%i ms are %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("a moment is shown to the minute, and what is none as it is", () => {
  expect(formatMoment("2026-01-31T14:05:59.000Z")).toMatch(/^2026-0[12]-[0-3]\d \d\d:05$/);
  expect(formatMoment("soon")).toBe("soon");
});

test("columns stand below each other, also with letters beyond ASCII", () => {
  const lines = formatTable(
    [
      { title: "NAME", value: (row: { name: string; size: number }) => row.name },
      { title: "SIZE", align: "right", value: (row) => String(row.size) },
    ],
    [
      { name: "Übung", size: 5 },
      { name: "a", size: 12345 },
    ],
  );
  expect(lines).toEqual(["NAME    SIZE", "Übung      5", "a      12345"]);
});
