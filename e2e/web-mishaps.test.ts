import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openWebApp, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";

let app: WebApp;
const { newContext, newcomer, leave } = visitorsOf(() => app, "unlucky");
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

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
