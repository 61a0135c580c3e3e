import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { galleryDocument, pictureNames } from "../e2e/harness/gallery-document.ts";
import { GALLERY_PAGES } from "../e2e/harness/gallery-pages.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";

const FOLDER = join(PROJECT_FOLDER, "docs/screenshots");
const BYTES_MAX = 4_000_000;

it("docs/screenshots has each picture that is taken, and no other (mend: npm run screenshots)", async () => {
  const names = pictureNames(GALLERY_PAGES);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(100);
  expect((await readdir(FOLDER)).sort()).toEqual(["README.md", ...names].sort());
});

it("its page shows them all", async () => {
  const document = await readFile(join(FOLDER, "README.md"), "utf8");
  expect(document).toBe(galleryDocument(GALLERY_PAGES));
  for (const name of pictureNames(GALLERY_PAGES)) expect(document).toContain(`src="${name}"`);
});

it("the pictures stay small, and are WebP", async () => {
  let bytes = 0;
  for (const name of pictureNames(GALLERY_PAGES)) {
    bytes += (await stat(join(FOLDER, name))).size;
    expect((await readFile(join(FOLDER, name))).toString("latin1", 8, 12), name).toBe("WEBP");
  }
  expect(bytes).toBeLessThan(BYTES_MAX);
});
