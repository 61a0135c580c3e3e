import { mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { tempFolder } from "../../testing/temp-folder.ts";
import { collectFiles } from "./collect-files.ts";
import { localName, localPath, saveTargets } from "./save-target.ts";

test.each([
  ["notes.txt", "notes.txt"],
  ["a/b/notes.txt", "notes.txt"],
  ["../../etc/passwd", "passwd"],
  ["..", "download"],
  ["a/..", "download"],
  ["a/", "download"],
  ["", "download"],
  ["line\nbreak", "line_break"],
])("%j is saved as %j", (filename, saved) => {
  expect(localName(filename)).toBe(saved);
});

test("no name leads out of the folder, on no system", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.constantFrom("linux" as const, "win32" as const),
      (name, platform) => {
        const saved = localName(name, platform);
        expect(saved).not.toMatch(platform === "win32" ? /[\\/:]/ : /\//);
        expect(["", ".", ".."]).not.toContain(saved);
      },
    ),
  );
});

test.each([
  ["docs/a/b.md", "docs/a/b.md"],
  ["../../etc/passwd", "__/__/etc/passwd"],
  ["/etc/passwd", "etc/passwd"],
  ["docs/./a//b.md", "docs/a/b.md"],
  ["docs/..", "docs/download"],
  ["docs/li\nne/b", "docs/li_ne/b"],
])("%j is saved with its folders as %j", (filename, saved) => {
  expect(localPath(filename)).toBe(saved);
});

test("no name with folders leads out of the folder, on no system", () => {
  const part = fc.oneof(fc.constantFrom("..", ".", "", "C:", "a\\..\\..\\b"), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(fc.array(part), fc.constantFrom("linux" as const, "win32" as const), (parts, platform) => {
      const saved = localPath(parts.join("/"), platform);
      expect(resolve("/home/ada", saved).startsWith(`/home/ada${sep}`)).toBe(true);
      const names = platform === "win32" ? saved.split(/[\\/]/) : saved.split("/");
      for (const name of names) expect(["", ".", ".."]).not.toContain(name);
      if (platform === "win32") expect(saved).not.toContain(":");
    }),
  );
});

test("with folders, each file gets its own, and none is a file and a folder", async () => {
  const folder = await tempFolder();
  const save = (names: string[], output = folder) => saveTargets(names, { output, force: false, keepFolders: true });
  expect(await save(["x/a", "y/z/a"])).toEqual([join(folder, "x", "a"), join(folder, "y", "z", "a")]);
  expect((await stat(join(folder, "y", "z"))).isDirectory()).toBe(true);
  await expect(save(["n/a", "n//a"])).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await expect(save(["n/a/b", "n/a"])).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  expect(await readdir(folder)).toEqual(["x", "y"]);
  await writeFile(join(folder, "x", "a"), "mine");
  await expect(save(["x/a"])).rejects.toMatchObject({ code: "FILE_EXISTS" });
  await expect(save(["b"], join(folder, "x", "a"))).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test("files are saved in a folder, or one under a name", async () => {
  const folder = await tempFolder();
  const save = (names: string[], output: string, force = false) => saveTargets(names, { output, force });
  expect(await save(["x/a.txt", "b.txt"], folder)).toEqual([join(folder, "a.txt"), join(folder, "b.txt")]);
  expect(await save(["a.txt"], join(folder, "new/"))).toEqual([join(folder, "new", "a.txt")]);
  expect(await save(["a.txt"], join(folder, "copy.txt"))).toEqual([join(folder, "copy.txt")]);
  await expect(save(["a", "b"], join(folder, "one"))).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await expect(save(["x/a", "y/a"], folder)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test("what is there is replaced only with --force", async () => {
  const folder = await tempFolder();
  const there = join(folder, "a.txt");
  await writeFile(there, "mine");
  await expect(saveTargets(["a.txt"], { output: folder, force: false })).rejects.toMatchObject({ code: "FILE_EXISTS" });
  expect(await saveTargets(["a.txt"], { output: folder, force: true })).toEqual([there]);
  await expect(saveTargets(["a.txt"], { output: there, force: false })).rejects.toMatchObject({ code: "FILE_EXISTS" });
  expect(await saveTargets(["a.txt"], { output: there, force: true })).toEqual([there]);
});

test("a folder is stored with relative names, without what is no file", async () => {
  const folder = await tempFolder();
  await mkdir(join(folder, "docs", "deep"), { recursive: true });
  await writeFile(join(folder, "docs", "b.md"), "bb");
  await writeFile(join(folder, "docs", "deep", "a.md"), "a");
  await symlink("b.md", join(folder, "docs", "link.md"));
  const skipped: string[] = [];
  const onSkip = (path: string, why: string) => skipped.push(`${basename(path)}: ${why}`);
  const found = await collectFiles([join(folder, "docs")], { recursive: true, onSkip });
  expect(found.map((file) => [file.name, file.sizeBytes])).toEqual([
    ["docs/b.md", 2],
    ["docs/deep/a.md", 1],
  ]);
  expect(skipped).toEqual(["link.md: it is a symbolic link"]);
  const refused = collectFiles([join(folder, "docs")], { recursive: false, onSkip });
  await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST", message: expect.stringContaining("add -r") });
  const missing = collectFiles([join(folder, "none")], { recursive: true, onSkip });
  await expect(missing).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});
