import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readZip } from "@commonhold/coordinator/archives/zip.fixture.ts";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { axeFindings } from "./harness/axe-findings.ts";
import { dropFiles, dropPaths, openWebApp, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";
import { waitUntil } from "./harness/wait-until.ts";

let app: WebApp;
const { newContext, newcomer, leave } = visitorsOf(() => app, "folders", { reducedMotion: "reduce" });
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

const row = (page: Page, name: string | RegExp): Locator => page.getByRole("row", { name, exact: true });
const tray = (page: Page): Locator => page.getByRole("region", { name: "Uploads" });
const dialog = (page: Page, name: string): Locator => page.getByRole("dialog", { name });

async function makeFolder(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New folder" }).click();
  await dialog(page, "New folder").getByLabel("Name").fill(name);
  await page.keyboard.press("Enter");
  await row(page, name).and(page.locator(":not([aria-disabled])")).waitFor();
}

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

/** The rows can be dragged once what drags them is there. */
async function draggable(page: Page, name: string): Promise<Locator> {
  await row(page, name).and(page.locator("[draggable=true]")).waitFor();
  return row(page, name);
}

/** Files on this machine's disk, in a folder of their own. */
async function filesOnDisk(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(app.network.folder, "desktop", name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

const pathOf = (page: Page): string => decodeURIComponent(new URL(page.url()).pathname);

describe("folders", () => {
  it("are made, walked through by keys and addresses, renamed where they stand", async () => {
    const { page, faults } = await newcomer();
    await page.keyboard.press("n");
    await dialog(page, "New folder").getByLabel("Name").fill("Semester 1");
    await page.keyboard.press("Enter");
    await row(page, "Semester 1").waitFor();
    await row(page, "Semester 1").dblclick();
    await page.getByText("This folder is empty").waitFor();
    await makeFolder(page, "100% #1?");
    await row(page, "100% #1?").click();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "100% #1?" }).waitFor();
    expect(pathOf(page)).toBe("/files/Semester 1/100% #1?");
    await page.reload();
    await page.getByRole("heading", { name: "100% #1?" }).waitFor();
    await dropFiles(page, [{ name: "notes.txt", type: "text/plain", text: "notes" }]);
    await row(page, "notes.txt").waitFor();

    await row(page, "notes.txt").click();
    await page.keyboard.press("F2");
    await page.getByLabel("New name of notes.txt").last().waitFor();
    await page.keyboard.type("letters");
    await page.keyboard.press("Enter");
    await row(page, "letters.txt").waitFor();
    await page.keyboard.press("Backspace");
    await row(page, "100% #1?").waitFor();
    await choose(page, "100% #1?", "Rename");
    await page.getByRole("textbox", { name: "New name of 100% #1?" }).fill("Notes");
    await page.keyboard.press("Enter");
    await row(page, "Notes").waitFor();
    await page.goto(`${app.network.url}/files/Semester 1/Notes`);
    await row(page, "letters.txt").waitFor();
    await page.getByRole("link", { name: "Semester 1" }).click();
    await row(page, "Notes").waitFor();
    expect(faults).toEqual([]);

    await page.goto(`${app.network.url}/files/Semester 1/No such folder`);
    await page.getByText("There is no folder here").waitFor();
  });

  it("refuse a name that is taken, and say so", async () => {
    const { page } = await newcomer();
    await makeFolder(page, "one");
    await makeFolder(page, "two");
    await choose(page, "two", "Rename");
    await page.getByRole("textbox", { name: "New name of two" }).fill("one");
    await page.keyboard.press("Enter");
    await page
      .getByText(/"one".*(taken|already|there)/)
      .first()
      .waitFor();
    await row(page, "two").waitFor();
  });

  it("take what is dropped with its folders, and give it back as one zip", async () => {
    const { page, faults } = await newcomer();
    const files = { "photos/2024/a.txt": "first", "photos/2024/ä.txt": "zweite", "photos/b.txt": "third" };
    const folder = await filesOnDisk("album", files);
    await mkdir(join(folder, "photos/empty"), { recursive: true });
    await makeFolder(page, "Trips");
    await row(page, "Trips").dblclick();
    await page.getByText("This folder is empty").waitFor();
    await dropPaths(page, [join(folder, "photos")]);
    await tray(page).getByText("3 files uploaded").first().waitFor();
    await row(page, "photos").dblclick();
    await row(page, "b.txt").waitFor();
    await row(page, "empty").waitFor();
    await row(page, "2024").dblclick();
    await row(page, "ä.txt").waitFor();
    expect(pathOf(page)).toBe("/files/Trips/photos/2024");

    await page.goto(`${app.network.url}/files/Trips`);
    await row(page, "photos").waitFor();
    await dropFiles(page, [{ name: "beside.txt", type: "text/plain", text: "beside" }]);
    await row(page, "beside.txt").waitFor();
    await row(page, "photos").click();
    await row(page, "beside.txt").click({ modifiers: ["ControlOrMeta"] });
    await page.getByText("2 items selected").first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    const entries = readZip(await readFile(await download.path())).filter(({ name }) => !name.endsWith("/"));
    const found = Object.fromEntries(entries.map(({ name, content }) => [name, content.toString("utf8")]));
    expect(found).toEqual({ ...files, "beside.txt": "beside" });
    expect(faults).toEqual([]);
  });

  it("are deleted with all that is in them, and come back", async () => {
    const { page, faults } = await newcomer();
    await dropFiles(page, [{ name: "Old/deep/kept.txt", type: "text/plain", text: "kept" }]);
    await row(page, "Old").click();
    await page.keyboard.press("Delete");
    await row(page, "Old").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "Old").waitFor();
    await row(page, "Old").click();
    await page.keyboard.press("Delete");
    await page.getByText("Nothing here yet").waitFor();
    await page.getByRole("link", { name: "Trash" }).click();
    await page.getByRole("button", { name: "Restore Old" }).click();
    await page.getByText("The trash is empty").waitFor();
    await page.goto(`${app.network.url}/files/Old/deep`);
    await row(page, "kept.txt").waitFor();
    expect(faults).toEqual([]);
  });

  it("say in the trash where they lay, and once restored where they are", async () => {
    const { page, faults } = await newcomer();
    await dropFiles(page, [
      { name: "Term/Notes/one.txt", type: "text/plain", text: "one" },
      { name: "Term/Notes/two.txt", type: "text/plain", text: "two" },
    ]);
    await tray(page).getByText("2 files uploaded").first().waitFor();
    await row(page, "Term").dblclick();
    await row(page, "Notes").dblclick();
    for (const name of ["one.txt", "two.txt"]) {
      await row(page, name).click();
      await page.keyboard.press("Delete");
      await row(page, name).waitFor({ state: "detached" });
    }
    await page.getByRole("link", { name: "Trash" }).click();
    await row(page, "one.txt").getByRole("link", { name: "Files › Term › Notes" }).waitFor();
    await page.getByRole("button", { name: "Restore one.txt" }).click();
    await page.getByText("Restored to Notes").waitFor();
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.waitForURL("**/files/Term/Notes");
    await row(page, "one.txt").waitFor();
    await page.getByRole("link", { name: "Term" }).click();
    await row(page, "Notes").click();
    await page.keyboard.press("Delete");
    await row(page, "Notes").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Trash" }).click();
    await row(page, "Notes").getByRole("link", { name: "Files › Term" }).waitFor();
    await row(page, "two.txt").getByText("Into Files: its folder was deleted too").waitFor();
    await page.getByRole("button", { name: "Restore two.txt" }).click();
    await page.getByText("Restored to Files: its folder was deleted").waitFor();
    expect(faults).toEqual([]);
  });
});

describe("moving", () => {
  it("goes by a window with the tree of folders, and is taken back", async () => {
    const { page, faults } = await newcomer();
    await dropFiles(page, [
      { name: "a/b/deep.txt", type: "text/plain", text: "deep" },
      { name: "loose.txt", type: "text/plain", text: "loose" },
    ]);
    await tray(page).getByText("2 files uploaded").first().waitFor();
    await row(page, "loose.txt").click();
    await page.keyboard.press("m");
    const window = dialog(page, "Move loose.txt");
    await window.getByRole("row", { name: "a", exact: true }).click();
    await page.keyboard.press("ArrowRight");
    await window.getByRole("row", { name: "b", exact: true }).click();
    await window.getByRole("button", { name: "Move to b" }).click();
    await row(page, "loose.txt").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "loose.txt").waitFor();
    expect(faults).toEqual([]);
  });

  it("goes by dragging onto a folder and onto the way up", async () => {
    const { page, faults } = await newcomer();
    await makeFolder(page, "Here");
    await dropFiles(page, [
      { name: "one.txt", type: "text/plain", text: "1" },
      { name: "two.txt", type: "text/plain", text: "2" },
    ]);
    await tray(page).getByText("2 files uploaded").first().waitFor();
    await row(page, "one.txt").click();
    await row(page, "two.txt").click({ modifiers: ["ControlOrMeta"] });
    await (await draggable(page, "one.txt")).dragTo(row(page, "Here"));
    await row(page, "one.txt").waitFor({ state: "detached" });
    await row(page, "two.txt").waitFor({ state: "detached" });
    await row(page, "Here").dblclick();
    await row(page, "two.txt").waitFor();
    await page.getByRole("group", { name: "Move to Files" }).waitFor();
    await (await draggable(page, "two.txt")).dragTo(page.getByRole("link", { name: "Files" }).last());
    await row(page, "two.txt").waitFor({ state: "detached" });
    await page.keyboard.press("Backspace");
    await row(page, "two.txt").waitFor();
    expect(faults).toEqual([]);
  });

  it("goes by dragging with the keyboard alone", async () => {
    const { page } = await newcomer();
    await makeFolder(page, "Here");
    await dropFiles(page, [{ name: "one.txt", type: "text/plain", text: "1" }]);
    await (await draggable(page, "one.txt")).click();
    await page.getByRole("button", { name: "Drag one.txt" }).focus();
    await page.keyboard.press("Enter");
    await page
      .locator(":focus")
      .and(page.getByRole("button", { name: /Drop on Here/ }))
      .waitFor();
    await page.keyboard.press("Enter");
    await row(page, "one.txt").waitFor({ state: "detached" });
    await row(page, "Here").dblclick();
    await row(page, "one.txt").waitFor();
  });
});

it("a name that is uploaded again is a new version, and an older one can be the current one again", async () => {
  const { page, faults } = await newcomer();
  const upload = (text: string) => dropFiles(page, [{ name: "plan.txt", type: "text/plain", text }]);
  await upload("the first plan");
  await tray(page).getByText("1 file uploaded").first().waitFor();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await upload("the second plan, longer");
  await tray(page).getByText("This is its version 2.").waitFor();
  await row(page, "plan.txt").click();
  await page.keyboard.press("i");
  const details = page.getByRole("complementary", { name: "Details" });
  await details.getByText("Version 2", { exact: true }).waitFor();
  await details.getByRole("button", { name: "Where its bytes lie" }).click();
  await details.getByText("Part 1", { exact: true }).waitFor();
  await details.getByText("node-1").waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    details.getByRole("button", { name: "Download version 1" }).click(),
  ]);
  expect(await readFile(await download.path(), "utf8")).toBe("the first plan");
  await details.getByRole("button", { name: "Make version 1 the current one" }).click();
  await page.getByText("What was version 1 is the current one now").first().waitFor();
  await waitUntil("the first plan to be shown", async () => {
    await row(page, "plan.txt").dblclick();
    const shown = dialog(page, "plan.txt").getByText("the first plan").waitFor({ timeout: 3_000 });
    const isShown = await shown.then(() => true).catch(() => false);
    await page.keyboard.press("Escape");
    return isShown;
  });
  await details.getByRole("button", { name: "Delete version 2" }).click();
  await details.getByText("This is the only one.").waitFor();
  expect(faults).toEqual([]);
});

it("search finds names wherever they lie, and leads there", async () => {
  const { page, faults } = await newcomer();
  await dropFiles(page, [
    { name: "Semester 1/Notes/Übung 7.txt", type: "text/plain", text: "seven" },
    { name: "other.txt", type: "text/plain", text: "other" },
  ]);
  await tray(page).getByText("2 files uploaded").first().waitFor();
  await page.goto(`${app.network.url}/network`);
  await page.getByRole("heading", { name: "Network" }).waitFor();
  await page.keyboard.press("/");
  await page.getByRole("searchbox").waitFor();
  await page.keyboard.type("ubung");
  const found = page.getByRole("row", { name: "Übung 7.txt" });
  await found.waitFor();
  expect(new URL(page.url()).search).toBe("?q=ubung");
  await found.dblclick();
  await dialog(page, "Übung 7.txt").getByText("seven").waitFor();
  await page.keyboard.press("Escape");
  await found.getByRole("link", { name: "Files › Semester 1 › Notes" }).click();
  await row(page, "Übung 7.txt").waitFor();
  expect(pathOf(page)).toBe("/files/Semester 1/Notes");
  await page.getByRole("searchbox").fill("nothing has this");
  await page.getByText("No name has that in it").waitFor();
  await page.getByRole("searchbox").fill("");
  await page.getByRole("heading", { name: "Notes" }).waitFor();
  expect(faults).toEqual([]);
});

describe("many files", () => {
  /** On a machine that does ten other things. */
  const ARRIVAL_MS_MAX = 300_000;

  it("a folder of a thousand arrives whole, and the page stays awake", { timeout: 2 * ARRIVAL_MS_MAX }, async () => {
    const { page, faults } = await newcomer();
    const files = Array.from({ length: 1000 }, (_, at) => [`many/${at % 10}/file ${at}.txt`, `text of ${at}`] as const);
    const folder = await filesOnDisk("thousand", Object.fromEntries(files));
    const asked = { ensure: 0, lists: 0 };
    page.on("request", (request) => {
      if (request.url().endsWith("/folders/ensure")) asked.ensure += 1;
      if (/\/api\/v1\/(?:files|folders)\?/.test(request.url()) && request.method() === "GET") asked.lists += 1;
    });
    const begunMs = performance.now();
    await dropPaths(page, [join(folder, "many")]);
    // It is used meanwhile as always.
    await tray(page)
      .getByText(/^[1-9]\d* done/)
      .first()
      .waitFor();
    await page.keyboard.press("?");
    await dialog(page, "Keys").waitFor();
    await page.keyboard.press("Escape");
    await row(page, "many").dblclick();
    await page.getByRole("heading", { name: "many" }).waitFor();
    await row(page, /^\d$/).first().waitFor();
    await tray(page).getByText("1,000 files uploaded").first().waitFor({ timeout: ARRIVAL_MS_MAX });
    expect(asked.ensure).toBe(10);
    // Folders and files, once a second each as they are stored, and once as the coordinator tells of it.
    expect(asked.lists).toBeLessThan(20 + (4 * (performance.now() - begunMs)) / 1000);
    expect(await tray(page).getByRole("listitem").count()).toBeLessThan(60);
    await page.goto(`${app.network.url}/files/many/7?sort=-name`);
    await row(page, "file 997.txt").waitFor();
    const client = await page.evaluate(`(async () => {
      const headers = { "x-commonhold-session": "cookie" };
      const renewed = await fetch("/api/v1/auth/refresh", { method: "POST", headers, body: "{}" });
      const { access_token: token } = await renewed.json();
      const authorization = "Bearer " + token;
      const answer = await fetch("/api/v1/search?q=file&limit=1000", { headers: { authorization } });
      return (await answer.json()).items.length;
    })()`);
    expect(client).toBe(1000);
    expect(faults).toEqual([]);
  });

  it("a folder of ten thousand is asked for and drawn only where it is seen", async () => {
    const { page, faults } = await newcomer();
    await makeFolder(page, "Crowded");
    await dropFiles(page, [{ name: "Crowded/crowd.txt", type: "text/plain", text: "a" }]);
    await tray(page).getByText("1 file uploaded").first().waitFor();
    multiplyFile(join(app.network.coordinatorFolder(), "metadata.db"), "crowd.txt", 9999);
    let pages = 0;
    page.on("request", (request) => {
      if (/\/api\/v1\/files\?/.test(request.url())) pages += 1;
    });
    await page.goto(`${app.network.url}/files/Crowded?sort=name`);
    await draggable(page, "copy 1.txt");
    expect(pages).toBeLessThan(4);
    const rows = () => page.getByRole("grid", { name: "Your files" }).getByRole("row").count();
    expect(await rows()).toBeLessThan(200);
    for (let screens = 1; screens <= 10; screens++) {
      const before = pages;
      await waitUntil("the next page", async () => {
        await page.evaluate("document.querySelector('.file-list').scrollTop = 1e9");
        return pages > before;
      });
      await waitUntil("rows in sight", async () => (await rows()) > 5);
      expect(await rows()).toBeLessThan(200);
    }
    expect(pages).toBeLessThan(30);
    expect(faults).toEqual([]);
  });
});

/** As many more files like this one, by name, as if they had been uploaded. */
function multiplyFile(database: string, name: string, count: number): void {
  using metadata = new DatabaseSync(database);
  metadata.exec("PRAGMA busy_timeout = 10000");
  const columns = metadata.prepare("PRAGMA table_info(files)").all() as { name: string }[];
  const values = columns.map(({ name: column }) => {
    if (column === "id" || column === "entry_id") return "copies.id";
    return column === "name" ? "'copy ' || number || '.txt'" : `files.${column}`;
  });
  // Version 4 UUIDs (RFC 9562): they are what ids look like.
  metadata
    .prepare(`INSERT INTO files (${columns.map((column) => column.name).join(", ")})
      WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?),
        copies AS MATERIALIZED (SELECT number, lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' ||
          substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))) AS id
          FROM numbers)
      SELECT ${values.join(", ")} FROM files, copies WHERE files.name = ?`)
    .run(count, name);
}

describe.each([
  { width: 1440, height: 900, theme: "light" },
  { width: 360, height: 740, theme: "dark" },
] as const)("at $width pixels in the $theme theme", ({ width, height, theme }) => {
  it("folders, versions, windows and search are accessible and fit", async () => {
    const { page, faults } = await newcomer(await newContext({ viewport: { width, height }, colorScheme: theme }));
    const look = async (name: string): Promise<void> => {
      expect(await axeFindings(page), name).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), name).toBeLessThanOrEqual(0);
    };
    // What was announced at the sign-in is no part of what is looked at.
    await page.reload();
    await page.getByText("Nothing here yet").waitFor();
    const lecture = (text: string) => [{ name: "Semester 1/Lecture 1.txt", type: "text/plain", text }];
    await dropFiles(page, [
      { name: "Semester 1/Notes/Week 1/summary of the first week.txt", type: "text/plain", text: "one" },
      { name: "Semester 1/timetable.png", type: "image/png", text: "no image" },
      ...lecture("first"),
      { name: "budget.csv", type: "text/csv", text: "a,b" },
    ]);
    await tray(page).getByText("4 files uploaded").first().waitFor();
    await dropFiles(page, lecture("second"));
    await tray(page)
      .getByText(/became a new version|version 2/)
      .first()
      .waitFor();
    await look("uploaded");
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await row(page, "Semester 1").waitFor();
    await look("root");
    await row(page, "Semester 1").click();
    await page.keyboard.press("Enter");
    await row(page, "Lecture 1.txt").waitFor();
    await row(page, "Lecture 1.txt").click();
    await page.keyboard.press("i");
    await page.getByRole("button", { name: "Where its bytes lie" }).click();
    await page.getByText("Part 1", { exact: true }).waitFor();
    await look("details");
    await page.keyboard.press("i");
    await page.keyboard.press("F2");
    await page.getByRole("textbox", { name: "New name of Lecture 1.txt" }).waitFor();
    await look("rename");
    await page.keyboard.press("Escape");
    await page.getByRole("textbox", { name: "New name of Lecture 1.txt" }).waitFor({ state: "detached" });
    await page.keyboard.press("m");
    await page.getByRole("row", { name: "Semester 1", exact: true }).last().click();
    await look("move");
    await page.keyboard.press("Escape");
    await page.getByRole("radio", { name: "Grid" }).click();
    await row(page, "Notes").click();
    await row(page, "timetable.png").click({ modifiers: ["ControlOrMeta"] });
    await page.getByText("2 items selected").first().waitFor();
    await look("grid");
    await page.keyboard.press("n");
    await dialog(page, "New folder").waitFor();
    await look("new-folder");
    await page.keyboard.press("Escape");
    await page.goto(`${app.network.url}/files/Semester 1/Notes/Week 1`);
    await page.getByRole("radio", { name: "List" }).click();
    await row(page, "summary of the first week.txt").waitFor();
    await look("deep");
    await page.goto(`${app.network.url}/search?q=e`);
    await page.goto(`${app.network.url}/search?q=week`);
    await page.getByRole("row", { name: "summary of the first week.txt" }).waitFor();
    await look("search");
    expect(faults).toEqual([]);
  });
});
