import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openWebApp, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";

let app: WebApp;
const { newcomer, leave } = visitorsOf(() => app, "watcher");
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

const RATE = 8000;
const LECTURE_SECONDS = 3000;

/** So long that no browser asks for all of it before it is played. */
function lecture(): Buffer {
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
  return Buffer.concat([head, Buffer.alloc(length, 0x80)]);
}

async function openLecture(page: Page): Promise<void> {
  const path = join(app.network.folder, "lecture.wav");
  await writeFile(path, lecture());
  await page.getByTestId("file-input").setInputFiles(path);
  await page.getByRole("row", { name: "lecture.wav" }).dblclick();
  await expect.poll(() => page.evaluate("document.querySelector('audio')?.readyState")).toBeGreaterThanOrEqual(1);
}

const source = (page: Page) => page.evaluate<string>("document.querySelector('audio').src");
const position = (page: Page) => page.evaluate<number>("document.querySelector('audio').currentTime");
/** Three quarters of an hour later, and a little more. */
const wait = (page: Page) => page.evaluate("{ const { now } = Date; Date.now = () => now() + 50 * 60_000; }");

describe("a lecture that is listened to for long", () => {
  it("goes on where it was with another ticket when its own has run out", async () => {
    const { page } = await newcomer();
    await openLecture(page);
    const first = await source(page);
    await wait(page);
    await page.route(first, (route) => route.fulfill({ status: 401, body: "" }));
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
