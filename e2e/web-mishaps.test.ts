import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dropFiles, openPage, openWebApp, signIn, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";
import { waitUntil } from "./harness/wait-until.ts";

let app: WebApp;
const { newContext, newcomer, leave } = visitorsOf(() => app, "slips", { reducedMotion: "reduce" });
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const row = (page: Page, name: string): Locator => page.getByRole("row", { name, exact: true });
const preview = (page: Page, name: string): Locator => page.getByRole("dialog", { name });
const pathOf = (page: Page): string => decodeURIComponent(new URL(page.url()).pathname);

async function makeFolder(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New folder" }).click();
  await page.getByRole("dialog", { name: "New folder" }).getByLabel("Name").fill(name);
  await page.keyboard.press("Enter");
  await row(page, name).and(page.locator(":not([aria-disabled])")).waitFor();
}

async function storeTexts(page: Page, names: readonly string[]): Promise<void> {
  await dropFiles(
    page,
    names.map((name) => ({ name, type: "text/plain", text: `This is ${name}.` })),
  );
  for (const name of names) await row(page, name).and(page.locator(":not([aria-disabled])")).waitFor();
}

describe("whoever slips", () => {
  it("in the form's e-mail presses its button once more, not twice", async () => {
    const { page } = await openPage(await newContext(), app.network.url);
    await page.getByRole("button", { name: "New here?" }).click();
    await page.getByLabel("E-mail").fill("slip");
    await page.getByLabel("Password").fill("correct horse battery");
    const button = page.getByRole("button", { name: "Create an account", exact: true });
    await button.click();
    await page.getByText("Please include an '@'").waitFor();
    await page.getByLabel("E-mail").fill("slip@example.org");
    await button.click();
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
  });

  it("on a name that is taken goes on with what was written", async () => {
    const { page } = await newcomer();
    await storeTexts(page, ["notes.txt", "summary.txt"]);
    await row(page, "notes.txt").click();
    await page.keyboard.press("F2");
    const field = page.getByRole("textbox", { name: "New name of notes.txt" });
    await field.fill("summary.txt");
    await page.keyboard.press("Enter");
    await page.getByText('There is a file "summary.txt" in this place already: give another name.').waitFor();
    await field.waitFor();
    expect(await field.inputValue()).toBe("summary.txt");
    await page.keyboard.type("abstract");
    await page.keyboard.press("Enter");
    await row(page, "abstract.txt").waitFor();
  });
});

describe("going back", () => {
  it("closes what is looked at, and stays in its folder", async () => {
    const { page, faults } = await newcomer(await newContext(PHONE));
    await makeFolder(page, "Week 1");
    await row(page, "Week 1").tap();
    await page.getByText("This folder is empty").waitFor();
    await storeTexts(page, ["notes.txt"]);
    await storeTexts(page, ["summary.txt"]);
    await row(page, "summary.txt").tap();
    await preview(page, "summary.txt").waitFor();
    await page.keyboard.press("ArrowRight");
    await preview(page, "notes.txt").waitFor();
    await page.reload();
    await preview(page, "notes.txt").getByText("This is notes.txt.").waitFor();
    await page.goBack();
    await preview(page, "notes.txt").waitFor({ state: "detached" });
    expect(pathOf(page)).toBe("/files/Week 1");
    await row(page, "notes.txt").tap();
    await preview(page, "notes.txt").getByRole("button", { name: "Close" }).tap();
    await preview(page, "notes.txt").waitFor({ state: "detached" });
    await page.goBack();
    await waitUntil("the folder above is there", async () => pathOf(page) === "/files");
    expect(faults).toEqual([]);
  });

  it("or into a folder by a finger selects nothing that nobody has chosen", async () => {
    const { page } = await newcomer(await newContext(PHONE));
    await makeFolder(page, "Outer");
    await row(page, "Outer").tap();
    await page.getByText("This folder is empty").waitFor();
    await storeTexts(page, ["notes.txt"]);
    await page.goBack();
    await row(page, "Outer").tap();
    // The list is there that can do everything, and would have taken the focus.
    await page.getByRole("button", { name: "Actions for notes.txt" }).waitFor();
    expect(await page.locator("[role=row][aria-selected=true]").count()).toBe(0);
  });
});

it("a file that cannot be looked at can be saved where that is said", async () => {
  const { page } = await newcomer();
  await dropFiles(page, [{ name: "slides.bin", type: "application/octet-stream", text: "0" }]);
  await row(page, "slides.bin").and(page.locator(":not([aria-disabled])")).dblclick();
  const said = preview(page, "slides.bin").locator(".preview-none");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    said.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("slides.bin");
});

describe("a node that is silent", () => {
  /** As the coordinator would show it. */
  async function lookAtSilentNode(page: Page, { status = "offline", silentMs = 40_000 } = {}): Promise<void> {
    await page.route(/\/api\/v1\/nodes\/12D3\w+$/, async (route) => {
      const response = await route.fetch();
      const node = (await response.json()) as object;
      const heard = new Date(Date.now() - silentMs).toISOString();
      await route.fulfill({
        response,
        json: { ...node, status, last_heartbeat_at: heard, joined_at: new Date().toISOString() },
      });
    });
    await page.goto(`${app.network.url}/network`);
    await page.getByRole("link", { name: "node-1" }).click();
    await page.getByText(/^\d\d (s|min) ago$/).waitFor();
  }

  it("tells who runs it how to start it again", async () => {
    const { page } = await openPage(await newContext({ serviceWorkers: "block" }), app.network.url);
    await signIn(page, app.network.account);
    await lookAtSilentNode(page);
    await page.getByText("Start it again on its machine: npx commonhold node start").waitFor();
    await page.getByRole("main").getByRole("link", { name: "My nodes" }).click();
    await waitUntil("one's own nodes are there", async () => pathOf(page) === "/nodes");
  });

  it("and waited for after a start of the coordinator, tells since when, and nothing that may have been done is denied", async () => {
    const { page } = await newcomer(await newContext({ serviceWorkers: "block" }));
    await lookAtSilentNode(page, { status: "suspect", silentMs: 29 * 60_000 });
    await page
      .getByText(/^Silent since .+, 20\d\d, \d+:\d\d [AP]M\. Is not heard\. If it stays so it counts as dead/)
      .waitFor();
    expect(await page.getByText("Nothing is copied").count()).toBe(0);
    await page.getByText("no day is over yet").waitFor();
    await page.getByText("50 % · half of what it will be once it is trusted").waitFor();
  });

  it("tells others how it stands, and leads back to the network", async () => {
    const { page } = await newcomer(await newContext({ serviceWorkers: "block" }));
    await lookAtSilentNode(page);
    expect(await page.getByText("Start it again").count()).toBe(0);
    await page.getByRole("main").getByRole("link", { name: "Network" }).click();
    await waitUntil("the network is there", async () => pathOf(page) === "/network");
  });
});

describe("the page", () => {
  it("says so, and can be loaded again, where the app's script did not come", async () => {
    const context = await newContext({ serviceWorkers: "block" });
    const page = await context.newPage();
    await page.route("**/assets/door-*.js", (route) => route.abort());
    await page.goto(app.network.url);
    const again = page.getByRole("button", { name: "Load it again" });
    await again.waitFor();
    await page.getByRole("alert").getByText("could not be loaded whole").waitFor();
    await page.unroute("**/assets/door-*.js");
    await again.click();
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  });

  it("does not let the browser open files in its place that are dropped in a room that takes none", async () => {
    const { page } = await newcomer();
    await page.getByRole("link", { name: "Trash" }).click();
    await page.getByText("The trash is empty").waitFor();
    const areRefused = await page.evaluate<readonly boolean[]>(`["dragover", "drop"].map((type) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["stray"], "stray.txt"));
    const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
  })`);
    expect(areRefused).toEqual([true, true]);
  });

  it("lets the same file be chosen again, which was changed since", async () => {
    const { page } = await newcomer();
    const path = join(app.network.folder, "changing.txt");
    await writeFile(path, "first");
    await page.getByRole("link", { name: "Links" }).click();
    await page.getByRole("button", { name: "Share a sealed file" }).click();
    const input = page.getByTestId("seal-input");
    await input.setInputFiles(path);
    await page.getByText("changing.txt").waitFor();
    // A browser tells of a choice only where it is another one than before.
    expect(await input.inputValue()).toBe("");
  });

  it("says that a text was not copied where the browser refuses", async () => {
    const context = await newContext();
    await context.addInitScript("Clipboard.prototype.writeText = () => Promise.reject(new Error('refused'))");
    const { page, faults } = await newcomer(context);
    await page.goto(new URL("/lend", app.network.url).href);
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByRole("button", { name: "Copy", exact: true }).first().click();
    await page.getByRole("button", { name: "Not copied: mark the text" }).waitFor();
    expect(faults).toEqual([]);
  });
});

const RATE = 8000;
const LECTURE_SECONDS = 40_000;
/** What an answer holds at most, so that no browser has all of it before it is played. */
const PART_BYTES = 256 * 1024;

/** The beginning of a lecture of eleven hours, of which nobody hears anything. */
function lectureHead(): Buffer {
  const head = Buffer.alloc(44);
  const length = RATE * LECTURE_SECONDS;
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36);
  head.writeUInt32LE(length, 40);
  return head;
}

/** Plays it from tickets of the coordinator; its bytes come from here. @returns what ends the tickets that are out */
async function openLecture(page: Page): Promise<{ readonly endTicket: (address: string) => void }> {
  const ended = new Set<string>();
  const head = lectureHead();
  const total = head.length + RATE * LECTURE_SECONDS;
  await page.route("**/download?ticket=*", (route) => {
    if (ended.has(route.request().url())) return route.fulfill({ status: 401, body: "" });
    const [, from = "0", to] = /bytes=(\d+)-(\d*)/.exec(route.request().headers()["range"] ?? "") ?? [];
    const start = Number(from);
    const end = Math.min(to ? Number(to) : total - 1, start + PART_BYTES - 1, total - 1);
    const body = Buffer.alloc(end - start + 1, 0x80);
    if (start < head.length) head.copy(body, 0, start);
    const headers = { "content-type": "audio/wav", "content-range": `bytes ${start}-${end}/${total}` };
    return route.fulfill({ status: 206, headers: { ...headers, "accept-ranges": "bytes" }, body });
  });
  const path = join(app.network.folder, "lecture.wav");
  await writeFile(path, Buffer.concat([head, Buffer.alloc(RATE, 0x80)]));
  await page.getByTestId("file-input").setInputFiles(path);
  await page.getByRole("row", { name: "lecture.wav" }).dblclick();
  await expect.poll(() => page.evaluate("document.querySelector('audio')?.readyState")).toBeGreaterThanOrEqual(1);
  return { endTicket: (address) => ended.add(address) };
}

const source = (page: Page) => page.evaluate<string>("document.querySelector('audio').src");
const position = (page: Page) => page.evaluate<number>("document.querySelector('audio').currentTime");
/** Three quarters of an hour later, and a little more. */
const wait = (page: Page) => page.evaluate("{ const { now } = Date; Date.now = () => now() + 50 * 60_000; }");

describe("a lecture that is listened to for long", () => {
  it("goes on where it was with another ticket when its own has run out", async () => {
    const { page } = await newcomer();
    const { endTicket } = await openLecture(page);
    const first = await source(page);
    const second = () => Math.floor(Date.now() / 1000);
    const opened = second();
    await wait(page);
    // Two tickets of one second are the same one.
    await expect.poll(second).toBeGreaterThan(opened);
    endTicket(first);
    await page.evaluate(`document.querySelector("audio").currentTime = ${LECTURE_SECONDS - 500}`);
    await expect.poll(() => source(page)).not.toBe(first);
    await expect.poll(() => position(page)).toBe(LECTURE_SECONDS - 500);
  });

  it("does not begin anew when somebody comes back to its page", async () => {
    const { page } = await newcomer();
    await openLecture(page);
    const first = await source(page);
    let tickets = 0;
    page.on("request", (request) => void (request.url().endsWith("/ticket") && tickets++));
    await wait(page);
    const asked = page.waitForRequest("**/api/v1/files?*");
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
    await asked;
    expect(tickets).toBe(0);
    expect(await source(page)).toBe(first);
  });
});

it("says so where a picture cannot be shown", async () => {
  const { page } = await newcomer();
  const path = join(app.network.folder, "torn.png");
  await writeFile(path, "this is no picture");
  await page.getByTestId("file-input").setInputFiles(path);
  await page.getByRole("row", { name: "torn.png" }).dblclick();
  await page.getByText("This browser cannot show it").waitFor();
});
