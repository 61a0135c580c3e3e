import { AppError } from "@commonhold/core/app-error.ts";
import { expect, it } from "vitest";
import { FolderPaths, splitPath } from "./folder-paths.ts";

it("asks once for a folder, however many files want it, and never for the one they start from", async () => {
  const asked: string[] = [];
  const paths = new FolderPaths({
    ensure: async (parent, path) => {
      asked.push(`${parent}:${path}`);
      return `id of ${path}`;
    },
  });
  const ids = await Promise.all([
    paths.idOf(null, "a"),
    paths.idOf(null, "a"),
    paths.idOf("x", "a"),
    paths.idOf("x", ""),
  ]);
  expect(ids).toEqual(["id of a", "id of a", "id of a", "x"]);
  expect(asked).toEqual(["null:a", "x:a"]);
});

it("asks again after a failure, and once the folder was not found any more", async () => {
  let tries = 0;
  const paths = new FolderPaths({
    ensure: async () => {
      tries += 1;
      if (tries === 1) throw new AppError("COORDINATOR_UNREACHABLE", "away");
      return `id ${tries}`;
    },
  });
  await expect(paths.idOf(null, "a")).rejects.toThrow("away");
  expect(await paths.idOf(null, "a")).toBe("id 2");
  expect(paths.forgetIfGone(new AppError("NAME_TAKEN", "taken"), null, "a")).toBe(false);
  expect(await paths.idOf(null, "a")).toBe("id 2");
  expect(paths.forgetIfGone(new AppError("FOLDER_NOT_FOUND", "gone"), null, "a")).toBe(true);
  expect(await paths.idOf(null, "a")).toBe("id 3");
});

it("splits a path at its last slash", () => {
  expect(splitPath("a/b/c.txt")).toEqual({ folder: "a/b", leaf: "c.txt" });
  expect(splitPath("c.txt")).toEqual({ folder: "", leaf: "c.txt" });
});
