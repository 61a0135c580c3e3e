import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dropFiles, openPage, openWebApp, signUp, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";

let app: WebApp;
const { newContext, newcomer, leave } = visitorsOf(() => app, "lister");
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

const row = (page: Page, name: string) => page.getByRole("row", { name });
const textFile = (name: string) => ({ name, type: "text/plain", text: name });
const searchField = (page: Page) => page.getByRole("searchbox", { name: "Search all files" });

const firstRow = (page: Page, name: string) => page.locator(".first-rows").getByRole("button", { name });

/** A list whose rows can only be opened, until it is let go on. */
async function openFirstRows(): Promise<{ readonly page: Page; readonly goOn: () => void }> {
  const context = await newContext({ serviceWorkers: "block", viewport: { width: 1280, height: 600 } });
  const { page } = await newcomer(context);
  const names = Array.from({ length: 50 }, (_, index) => `file ${String(index).padStart(2, "0")}.txt`);
  await dropFiles(page, names.map(textFile));
  await page.getByText("50 files uploaded").first().waitFor();
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route("**/assets/rest-*.js", async (route) => {
    await promise;
    await route.continue();
  });
  await page.goto(new URL("/files?sort=name", app.network.url).href);
  await firstRow(page, "file 00.txt").waitFor();
  return { page, goOn: resolve };
}

describe("all of a list", () => {
  /** On a machine that does ten other things. */
  const ARRIVAL_MS_MAX = 120_000;
  const title = "is selected with the pages that nobody has scrolled to, and without what comes later";
  it(title, { timeout: 2 * ARRIVAL_MS_MAX }, async () => {
    const { page } = await newcomer();
    const names = Array.from({ length: 230 }, (_, index) => `file ${String(index).padStart(3, "0")}.txt`);
    await dropFiles(page, names.map(textFile));
    await page.getByText("230 files uploaded").first().waitFor({ timeout: ARRIVAL_MS_MAX });
    await page.reload();
    await row(page, "file 229.txt").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.getByText("230 items selected", { exact: true }).waitFor();
    await dropFiles(page, [textFile("later.txt")]);
    await row(page, "later.txt").waitFor();
    await page.keyboard.press("Delete");
    await page.getByText("230 items deleted.").waitFor();
    await page.reload();
    await row(page, "later.txt").waitFor();
    expect(await page.getByRole("row").count()).toBe(1);
  });

  it("is deleted by the key after its boxes were ticked", async () => {
    const { page } = await newcomer();
    await dropFiles(page, ["a.txt", "b.txt", "c.txt"].map(textFile));
    for (const name of ["a.txt", "b.txt"]) {
      await row(page, name).hover();
      await row(page, name).locator(".checkbox").click();
    }
    await page.getByText("2 items selected", { exact: true }).waitFor();
    await page.keyboard.press("Delete");
    await page.getByText("2 items deleted.").waitFor();
    await row(page, "c.txt").waitFor();
  });
});

describe("many things that are deleted", () => {
  it("do not come back into sight while the last of them are on their way", async () => {
    const { page, context } = await newcomer();
    await dropFiles(
      page,
      Array.from({ length: 12 }, (_, index) => textFile(`file ${index}.txt`)),
    );
    await page.getByText("12 files uploaded").first().waitFor();
    // It hears of changes as the first one does.
    const other = await openPage(context, app.network.url);
    await expect.poll(() => other.page.getByRole("row").count()).toBe(12);
    await row(page, "file 7.txt").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.getByText("12 items selected", { exact: true }).waitFor();
    const others = Promise.withResolvers<void>();
    let asked = 0;
    await page.route("**/api/v1/files/*", async (route) => {
      if (++asked > 4) await others.promise;
      await route.continue();
    });
    await page.keyboard.press("Delete");
    await page.getByText("Nothing here yet").waitFor();
    await page.evaluate(`new MutationObserver(() => {
      if (document.querySelector(".file-list") !== null) globalThis.cameBack = true;
    }).observe(document.body, { childList: true, subtree: true })`);
    await expect.poll(() => other.page.getByRole("row").count()).toBe(8);
    others.resolve();
    await page.getByText("12 items deleted.").waitFor();
    expect(await page.evaluate("globalThis.cameBack")).toBeUndefined();
  });
});

describe("what is searched for", () => {
  it("keeps every letter that is written while the room for it is on its way", async () => {
    const context = await newContext({ serviceWorkers: "block" });
    // Nothing is loaded before it is asked for.
    await context.addInitScript("globalThis.requestIdleCallback = () => 0");
    const { page } = await newcomer(context);
    await dropFiles(page, ["abcde.txt", "other.txt"].map(textFile));
    await row(page, "abcde.txt").waitFor();
    const isAsked = Promise.withResolvers<void>();
    const room = Promise.withResolvers<void>();
    await page.route("**/assets/*.js", async (route) => {
      isAsked.resolve();
      await room.promise;
      await route.continue();
    });
    await searchField(page).pressSequentially("ab");
    await isAsked.promise;
    const written = searchField(page).pressSequentially("cdefgh", { delay: 100 });
    room.resolve();
    await written;
    expect(await searchField(page).inputValue()).toBe("abcdefgh");
    await page.waitForURL("**/search?q=abcdefgh");
    await page.goBack();
    await row(page, "other.txt").waitFor();
    expect(await searchField(page).inputValue()).toBe("");
  });
});

describe("the next person at the same page", () => {
  it("finds nothing of the one before", async () => {
    const { page } = await newcomer();
    await page.keyboard.press("n");
    await page.getByLabel("Name").fill("Secret plans");
    await page.keyboard.press("Enter");
    await row(page, "Secret plans").dblclick();
    await page.getByRole("heading", { name: "Secret plans" }).waitFor();
    await dropFiles(page, [textFile("diary.txt")]);
    await row(page, "diary.txt").click();
    const other = await openPage(page.context(), new URL("/account", app.network.url).href);
    await other.page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
    await page.keyboard.press("Delete");
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await other.page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("button", { name: "New here?" }).waitFor();
    expect(await page.title()).not.toContain("Secret plans");
    await signUp(page, "next-person@example.org");
    expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);
    expect(await page.locator("#root").innerText()).not.toContain("diary.txt");
  });
});

describe("on plain http to another machine", () => {
  it("has folders made and files sent, though browsers give less there", async () => {
    const context = await newContext();
    await context.addInitScript(`
      delete Crypto.prototype.randomUUID;
      delete Navigator.prototype.locks;
      delete Navigator.prototype.clipboard;
      delete Navigator.prototype.serviceWorker;
    `);
    const { page, faults } = await newcomer(context);
    await page.keyboard.press("n");
    await page.getByLabel("Name").fill("Notes");
    await page.keyboard.press("Enter");
    await row(page, "Notes").dblclick();
    await page.getByRole("heading", { name: "Notes" }).waitFor();
    await dropFiles(page, [textFile("one.txt")]);
    await row(page, "one.txt").waitFor();
    expect(faults).toEqual([]);
  });
});

describe("the first rows of a list", () => {
  it("stay where somebody has scrolled them to", async () => {
    const { page, goOn } = await openFirstRows();
    await page.evaluate("void (document.querySelector('.first-rows').scrollTop = 1000)");
    await expect.poll(() => page.evaluate("document.querySelector('.first-rows').scrollTop")).toBe(1000);
    goOn();
    await row(page, "file 30.txt").waitFor();
    await expect.poll(() => page.evaluate("document.querySelector('.file-list').scrollTop")).toBe(1000);
  });

  it("keep the keyboard's place", async () => {
    const { page, goOn } = await openFirstRows();
    await firstRow(page, "file 27.txt").focus();
    goOn();
    await row(page, "file 27.txt").waitFor();
    await expect.poll(() => page.evaluate("document.activeElement?.getAttribute('aria-label')")).toBe("file 27.txt");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.evaluate("document.activeElement?.getAttribute('aria-label')")).toBe("file 28.txt");
  });

  it("take the focus from nobody who writes", async () => {
    const { page } = await newcomer();
    await page.keyboard.press("n");
    await page.getByLabel("Name").fill("Notes");
    await page.keyboard.press("Enter");
    await row(page, "Notes").click();
    await page.keyboard.press("Enter");
    await page.getByText("This folder is empty").waitFor();
    await page.keyboard.press("/");
    await dropFiles(page, [textFile("one.txt")]);
    await row(page, "one.txt").waitFor();
    await page.keyboard.type("x");
    expect(await page.getByRole("searchbox").inputValue()).toBe("x");
  });
});
