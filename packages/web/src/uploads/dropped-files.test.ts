import { expect, it } from "vitest";
import { droppedFiles, GIVEN_FILES_MAX } from "./dropped-files.ts";

const fileEntry = (path: string, file: () => File = () => new File(["text"], path)) => ({
  isDirectory: false,
  fullPath: path,
  file: (resolve: (file: File) => void, reject: (error: unknown) => void) => {
    try {
      resolve(file());
    } catch (error) {
      reject(error);
    }
  },
});

/** As browsers give them: a hundred entries at a time, and none at the end. */
function folderEntry(path: string, entries: readonly unknown[] | "unreadable") {
  return {
    isDirectory: true,
    fullPath: path,
    createReader: () => {
      const rest = entries === "unreadable" ? [] : [...entries];
      return {
        readEntries: (resolve: (entries: unknown[]) => void, reject: (error: unknown) => void) => {
          if (entries === "unreadable") reject(new DOMException("no", "NotReadableError"));
          else resolve(rest.splice(0, 100));
        },
      };
    },
  };
}

const dropOf = (...entries: readonly unknown[]) =>
  ({
    items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => null })),
  }) as unknown as DataTransfer;

function gone(): never {
  throw new DOMException("A requested file could not be found", "NotFoundError");
}

it("takes all of a folder but what the browser cannot read, and counts that", async () => {
  const folder = folderEntry("/thesis", [
    fileEntry("/thesis/a.txt"),
    fileEntry("/thesis/broken-link", gone),
    folderEntry("/thesis/private", "unreadable"),
    fileEntry("/thesis/b.txt"),
    folderEntry("/thesis/empty", []),
  ]);
  const given = await droppedFiles(dropOf(folder));
  expect(given.files.map(({ name }) => name)).toEqual(["thesis/a.txt", "thesis/b.txt"]);
  expect(given).toMatchObject({ emptyFolders: ["thesis/empty"], unreadable: 2, isCut: false });
});

it("says where not all was taken, be it files or empty folders that were too many", async () => {
  const many = Array.from({ length: GIVEN_FILES_MAX }, (_, index) => folderEntry(`/deep/${index}`, []));
  const given = await droppedFiles(dropOf(folderEntry("/deep", [...many, fileEntry("/deep/last.txt")])));
  expect(given.files.length + given.emptyFolders.length).toBeLessThanOrEqual(GIVEN_FILES_MAX);
  expect(given.isCut).toBe(true);
});
