import { styleText } from "node:util";
import { expect, test } from "vitest";
import { formatColumns } from "./format-columns.ts";

test("columns stand below each other", () => {
  const rows = [
    ["case", "ours", "verdict"],
    ["upload", "1.50 ×", "holds"],
    ["up", "11.50 ×", ""],
  ];
  expect(formatColumns(rows, "lrl")).toEqual([
    "case       ours  verdict", //
    "upload   1.50 ×  holds",
    "up      11.50 ×",
  ]);
});

test("colours take no room", () => {
  const red = styleText("red", "ab", { validateStream: false });
  expect(
    formatColumns(
      [
        [red, "c"],
        ["xyz", "d"],
      ],
      "ll",
    ),
  ).toEqual([`${red}   c`, "xyz  d"]);
});

test("rows may be shorter than the columns", () => {
  expect(formatColumns([["a"], ["b", "c"]], "lr")).toEqual(["a", "b  c"]);
});
