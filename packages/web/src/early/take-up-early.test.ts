import { expect, it } from "vitest";
import { shownFirst } from "./take-up-early.ts";

const FOLDERS = "/folders?limit=200&parent=root";
const files = (sort: string) => `/files?limit=200&sort=${sort}&folder=root`;

it("asks for the files at the root, in the order of the address", () => {
  for (const path of ["/", "/files", "/files/"]) {
    expect(shownFirst(path, "")).toEqual([FOLDERS, files("-created_at"), "/auth/me"]);
  }
  expect(shownFirst("/files", "?sort=name")).toEqual([FOLDERS, files("name"), "/auth/me"]);
  expect(shownFirst("/files", "?sort=colour")).toEqual([FOLDERS, files("-created_at"), "/auth/me"]);
});

it("asks which folder is at a longer address", () => {
  expect(shownFirst("/files/Semester%201/Notes/", "")).toEqual(["/folders/at?path=%2FSemester+1%2FNotes", "/auth/me"]);
});

it("asks for no files where another room is", () => {
  for (const path of ["/network", "/filesystem", "/shared/token"]) expect(shownFirst(path, "")).toEqual(["/auth/me"]);
});
