/**
 * `npm run screenshots`: visits every page of the web app on a real network, at three widths and in both themes, fails with
 * what is not accessible or does not fit, and keeps the pictures of `docs/screenshots`. `-- --only files,node` visits those
 * alone; `-- --check` keeps no pictures.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { lookAt } from "../e2e/harness/gallery-camera.ts";
import { galleryDocument, pictureNames } from "../e2e/harness/gallery-document.ts";
import { type GalleryPage, themesKept, type Width, WIDTHS } from "../e2e/harness/gallery-page.ts";
import { GALLERY_PAGES } from "../e2e/harness/gallery-pages.ts";
import { Gallery, type Stage } from "../e2e/harness/gallery-stage.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";

const FOLDER = join(PROJECT_FOLDER, "docs/screenshots");

const { values } = parseArgs({
  options: { only: { type: "string" }, check: { type: "boolean", default: false } },
});
const pages = pagesNamed(values.only?.split(","));
const folder = values.check ? undefined : FOLDER;

function pagesNamed(names: readonly string[] | undefined): readonly GalleryPage[] {
  const unknown = names?.find((name) => !GALLERY_PAGES.some((page) => page.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no page ${unknown}; there are: ${GALLERY_PAGES.map(({ name }) => name).join(", ")}`);
  }
  return GALLERY_PAGES.filter(({ name }) => names?.includes(name) ?? true);
}

/** One page at one width. @returns what is wrong with it */
async function visit(stage: Stage, page: GalleryPage): Promise<readonly string[]> {
  const { name, isWhole } = page;
  const { width } = stage;
  const before = stage.faults.length;
  await stage.page.unrouteAll({ behavior: "ignoreErrors" });
  try {
    await page.open(stage);
  } catch (error) {
    const why = stripVTControlCharacters(error instanceof Error ? error.message : String(error));
    return [`${name} at ${width} pixels could not be opened: ${why.split("\n").slice(0, 3).join(" ")}`];
  }
  const found = await lookAt(stage.page, { name, width, isWhole, folder, kept: themesKept(page) });
  // That an answer was refused is a part of what is shown.
  const faults = stage.faults.slice(before).filter((fault) => !fault.startsWith("Failed to load resource"));
  return [...found, ...faults.map((fault) => `${name} at ${width} pixels: ${fault}`)];
}

async function visitAll(gallery: Gallery): Promise<readonly string[]> {
  const stages = new Map<string, Stage>();
  const who = { ada: gallery.network.account, ben: gallery.content.ben, nobody: undefined };
  const stageOf = async (width: Width, page: GalleryPage): Promise<Stage> => {
    const key = `${width} ${page.who}`;
    const stage = stages.get(key) ?? (await gallery.stage(width, who[page.who]));
    stages.set(key, stage);
    return stage;
  };
  const found: string[] = [];
  for (const phase of ["calm", "trouble"] as const) {
    const visited = pages.filter((page) => page.phase === phase);
    if (phase === "trouble" && visited.length > 0) await gallery.makeTrouble();
    for (const page of visited) {
      const wrong: string[] = [];
      for (const width of WIDTHS) wrong.push(...(await visit(await stageOf(width, page), page)));
      console.log([`${wrong.length === 0 ? "✓" : "✗"} ${page.name}`, ...wrong].join("\n  "));
      found.push(...wrong);
    }
  }
  return found;
}

async function keepDocument(): Promise<void> {
  const wanted = new Set([...pictureNames(GALLERY_PAGES), "README.md"]);
  for (const name of await readdir(FOLDER)) if (!wanted.has(name)) await rm(join(FOLDER, name));
  await writeFile(join(FOLDER, "README.md"), galleryDocument(GALLERY_PAGES));
}

await mkdir(FOLDER, { recursive: true });
const gallery = await Gallery.open();
try {
  const found = await visitAll(gallery);
  if (folder !== undefined) await keepDocument();
  console.log(found.length === 0 ? "Nothing was found." : `${found.length} things were found.`);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  await gallery.close();
}
