import { expect, it, vi } from "vitest";
import { ArchiveNames } from "./archive-names.ts";

const taken = (...wanted: string[]) => {
  const names = new ArchiveNames();
  return wanted.map((name) => names.take(name));
};

it("are numbered where a disk could take two for one", () => {
  expect(taken("a.txt", "A.TXT", "a (2).txt", "a.txt", "\u00e4", "a\u0308", ".rc", ".RC")).toEqual([
    "a.txt",
    "A (2).TXT",
    "a (2) (2).txt",
    "a (3).txt",
    "\u00e4",
    "a\u0308 (2)",
    ".rc",
    ".RC (2)",
  ]);
  // Windows drops what ends a name in dots and spaces.
  expect(taken("a", "a.", "a ", "b. .", "b")).toEqual(["a", "a (2).", "a  (3)", "b. .", "b (2)"]);
});

it.each([
  ["..", "_"],
  [".", "_"],
  ["", "_"],
  [".. ", "_"],
  [". .", "_"],
  ["..\\..\\evil.exe", ".._.._evil.exe"],
  ["a/../../b", "a_.._.._b"],
  ["/etc/passwd", "_etc_passwd"],
  ["C:evil", "C_evil"],
  ["12:30.txt", "12:30.txt"],
  ["<script>alert(1)</script>", "<script>alert(1)<_script>"],
])("lead nowhere else: %j", (name, safe) => expect(taken(name)).toEqual([safe]));

it("are found with little work for each, also where thousands differ in nothing that a disk minds", () => {
  const count = 2_000;
  const variant = (number: number) =>
    Array.from("abcdefghijkl", (letter, bit) => ((number >> bit) & 1 ? letter.toUpperCase() : letter)).join("");
  const comparisons = vi.spyOn(String.prototype, "normalize");
  const given = taken(...Array.from({ length: count }, (_, number) => variant(number)));
  const { length } = comparisons.mock.calls;
  comparisons.mockRestore();
  expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(count);
  expect(length).toBeLessThanOrEqual(2 * count);
});
