import { expect, it } from "vitest";
import { type Restored, restoredWord } from "./restored-word.ts";

const NOTES = { id: "n", name: "Notes" };
const TERM = { id: "t", name: "Term 1" };
const back = (parentId: string | null, ...way: Restored["way"]): Restored => ({ entry: { parentId }, way });

it.each([
  ["a folder", [back("n", TERM, NOTES)], "Restored to Notes", "Term 1/Notes"],
  ["the root", [back(null)], "Restored to Files", ""],
  ["the root, as its folder is gone", [back("n")], "Restored to Files: its folder was deleted", ""],
  ["one folder", [back("n", TERM, NOTES), back("n", TERM, NOTES)], "2 items restored to Notes", "Term 1/Notes"],
  [
    "the root, some of it astray",
    [back(null), back("n")],
    "2 items restored to Files, also those of deleted folders",
    "",
  ],
  ["several folders", [back("n", TERM, NOTES), back("t", TERM)], "2 items restored, each to its folder", undefined],
  [
    "folders of the same name",
    [back("n", TERM, NOTES), back("m", { id: "m", name: "Notes" })],
    "2 items restored, each to its folder",
    undefined,
  ],
  [
    "several, some of it astray",
    [back("t", TERM), back("n")],
    "2 items restored, each to its folder, or to Files where that was deleted",
    undefined,
  ],
])("says that it went to %s", (_, restored, text, path) => {
  expect(restoredWord(restored)).toEqual({ text, path });
});
