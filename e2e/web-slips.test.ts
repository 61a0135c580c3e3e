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
  async function lookAtSilentNode(page: Page): Promise<void> {
    await page.route(/\/api\/v1\/nodes\/12D3\w+$/, async (route) => {
      const response = await route.fetch();
      const node = (await response.json()) as object;
      const heard = new Date(Date.now() - 40_000).toISOString();
      await route.fulfill({ response, json: { ...node, status: "offline", last_heartbeat_at: heard } });
    });
    await page.goto(`${app.network.url}/network`);
    await page.getByRole("link", { name: "node-1" }).click();
    await page.getByText(/^\d\d s ago$/).waitFor();
  }

  it("tells who runs it how to start it again", async () => {
    const { page } = await openPage(await newContext({ serviceWorkers: "block" }), app.network.url);
    await signIn(page, app.network.account);
    await lookAtSilentNode(page);
    await page.getByText("Start it again on its machine: npx commonhold node start").waitFor();
    await page.getByRole("main").getByRole("link", { name: "My nodes" }).click();
    await waitUntil("one's own nodes are there", async () => pathOf(page) === "/nodes");
  });

  it("tells others how it stands, and leads back to the network", async () => {
    const { page } = await newcomer(await newContext({ serviceWorkers: "block" }));
    await lookAtSilentNode(page);
    expect(await page.getByText("Start it again").count()).toBe(0);
    await page.getByRole("main").getByRole("link", { name: "Network" }).click();
    await waitUntil("the network is there", async () => pathOf(page) === "/network");
  });
});
