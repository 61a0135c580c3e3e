import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { dropFiles, openWebApp, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";

let app: WebApp;
const { newContext, newcomer, leave } = visitorsOf(() => app, "early-bird");
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

const row = (page: Page, name: string) => page.getByRole("row", { name });
const textFile = (name: string) => ({ name, type: "text/plain", text: name });
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
