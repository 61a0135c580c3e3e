import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { BrowserContext, Response } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dropFiles, openPage, openWebApp, signIn, type WatchedPage, type WebApp } from "./harness/browser.ts";

/** A folder for pictures of every room, to be looked at by a person; none are taken without it. */
const PICTURES = process.env.COMMONHOLD_PICTURES;

const ROOMS = ["files", "trash", "network", "lend", "nodes", "account", "admin/jobs", "admin/repair"] as const;
interface Format {
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
}

const DESK: Format = { width: 1440, height: 900, theme: "light" };
const PHONE: Format = { width: 360, height: 740, theme: "dark" };
const BETWEEN: readonly Format[] = [
  { width: 1440, height: 900, theme: "dark" },
  { width: 768, height: 1024, theme: "light" },
];
const FORMATS = [DESK, PHONE, ...(PICTURES === undefined ? [] : BETWEEN)];

let app: WebApp;
beforeAll(async () => {
  app = await openWebApp();
});
afterAll(() => app?.close());

interface AxeFinding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

interface AxeResult {
  readonly violations: readonly AxeFinding[];
  readonly passes: readonly unknown[];
}

/** What axe finds on the page as it is now. By the debugger, as the page's policy allows no foreign script. */
async function findingsOf({ page }: WatchedPage): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = (await page.evaluate("axe.run()")) as AxeResult;
  expect(passes.length, "axe looked at something").toBeGreaterThan(5);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

async function picture({ page }: WatchedPage, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

function newContext({ width, height, theme }: Format): Promise<BrowserContext> {
  return app.browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
}

describe.each(FORMATS)("at $width pixels in the $theme theme", (format) => {
  const name = `${format.width}-${format.theme}`;
  let context: BrowserContext;
  let watched: WatchedPage;
  beforeAll(async () => {
    context = await newContext(format);
    watched = await openPage(context, app.network.url);
  });
  afterAll(() => context.close());

  it("the way in is accessible", async () => {
    const { page } = watched;
    await page.getByText("trial@commonhold.local").waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    await picture(watched, `welcome-${name}`);
    await signIn(page, app.network.account);
    await page.getByRole("heading", { name: "Files" }).waitFor({ state: "attached" });
    await dropFiles(page, [{ name: `${name}/letter to a friend.txt`, type: "text/plain", text: "Dear friend,\n" }]);
    await page.getByRole("row", { name: `${name}/letter to a friend.txt` }).waitFor();
  });

  it.each(ROOMS)("/%s is accessible, fits, and does without a fault", async (room) => {
    const { page, faults } = watched;
    await page.goto(`${app.network.url}/${room}`);
    await page.locator("h1").first().waitFor({ state: "attached" });
    await page.locator(".table, .file-list, .empty, .steps, .figures").first().waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
    await picture(watched, `${room.replace("/", "-")}-${name}`);
  });

  it("files with everything open are accessible", async () => {
    const { page } = watched;
    await page.goto(`${app.network.url}/files`);
    const row = page.getByRole("row", { name: `${name}/letter to a friend.txt` });
    await row.waitFor();
    await page.getByRole("button", { name: "Actions for letter to a friend.txt" }).first().click();
    await page.getByRole("menuitem", { name: "Details" }).click();
    await page.getByRole("complementary", { name: "Details" }).getByText("Whole").waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    await picture(watched, `details-${name}`);
    await page.getByRole("complementary", { name: "Details" }).getByRole("button", { name: "Close" }).click();
    await page.getByRole("radio", { name: "Grid" }).click();
    await row.waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    await picture(watched, `grid-${name}`);
  });
});

describe("a disk is lent", () => {
  it("by a command to copy, until the page sees the node", async () => {
    const context = await newContext(DESK);
    const { page } = await openPage(context, `${app.network.url}/lend`);
    await signIn(page, app.network.account);
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByText(/commonhold node init --name NAME --coordinator-url http.* --join-token chj_/).waitFor();
    await app.network.addNode("attic");
    await page.getByText("attic has joined").waitFor();
    await page.getByRole("link", { name: "Look at it" }).click();
    await page.getByRole("heading", { name: "attic" }).waitFor();
    await context.close();
  });
});

describe("an administrator", () => {
  it("pauses a job, runs another, and lets the first go on", async () => {
    const context = await newContext(DESK);
    const { page } = await openPage(context, `${app.network.url}/admin/jobs`);
    await signIn(page, app.network.account);
    await page.getByRole("button", { name: "Pause: repair" }).click();
    await page.getByRole("button", { name: "Resume: repair" }).waitFor();
    await page.goto(`${app.network.url}/network`);
    await page.getByText("Repair is paused by an administrator.").waitFor();
    await page.goto(`${app.network.url}/admin/repair`);
    await page.getByRole("button", { name: "Resume repair" }).click();
    await page.getByRole("button", { name: "Pause repair" }).waitFor();
    await context.close();
  });
});

describe("the first load", () => {
  const BUDGET_BYTES = 200_000;

  it("is small and compressed, the way in included", async () => {
    const context = await newContext(DESK);
    const answers: Response[] = [];
    context.on("response", (response) => void (response.url().endsWith(".js") && answers.push(response)));
    const { page } = await openPage(context, app.network.url);
    await signIn(page, app.network.account);
    await page.getByRole("button", { name: "Upload", exact: true }).first().waitFor();
    const scripts = await Promise.all(answers.map((response) => response.allHeaders()));
    for (const headers of scripts) {
      expect(headers["content-encoding"] ?? "none, it is tiny").toMatch(/^br$|tiny/);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    }
    const bytes = scripts.reduce((sum, headers) => sum + Number(headers["content-length"]), 0);
    expect(scripts.length).toBeGreaterThan(2);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(BUDGET_BYTES);
    if (PICTURES !== undefined)
      await writeFile(join(PICTURES, "first-load.txt"), `${bytes} bytes in ${scripts.length} scripts`);
    await context.close();
  });

  it("is under a policy that lets nothing foreign in, and an unknown address is the page's to explain", async () => {
    const html = { accept: "text/html" };
    const page = await fetch(`${app.network.url}/no/such/room`, { headers: html });
    expect(page.status).toBe(200);
    const policy = page.headers.get("content-security-policy") ?? "";
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const api = await fetch(`${app.network.url}/api/v1/nothing`, { headers: html });
    expect([api.status, api.headers.get("content-type")]).toEqual([404, "application/json; charset=utf-8"]);
    expect((await fetch(`${app.network.url}/assets/none.js`)).status).toBe(404);
  });
});
