import type { BrowserContext, Response } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WEB_DIST } from "../scripts/web-build.ts";
import { readFirstLoad } from "../scripts/web-first-load.ts";
import { axeFindings } from "./harness/axe-findings.ts";
import { dropFiles, openPage, openWebApp, signIn, type WatchedPage, type WebApp } from "./harness/browser.ts";
import { makeUpEconomy } from "./harness/made-up-economy.ts";
import { waitUntil } from "./harness/wait-until.ts";
import { openWebBuilds, type WebBuilds } from "./harness/web-builds.ts";

const ROOMS = ["files", "trash", "network", "lend", "nodes", "account", "admin/jobs", "admin/repair"] as const;
interface Format {
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
}

const DESK: Format = { width: 1440, height: 900, theme: "light" };
const PHONE: Format = { width: 360, height: 740, theme: "dark" };
const FORMATS = [DESK, PHONE];

let app: WebApp;
beforeAll(async () => {
  app = await openWebApp();
});
afterAll(() => app?.close());

const findingsOf = ({ page }: WatchedPage) => axeFindings(page);

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
    await signIn(page, app.network.account);
    await page.getByRole("heading", { name: "Files" }).waitFor({ state: "attached" });
    await dropFiles(page, [{ name: `${name}/letter to a friend.txt`, type: "text/plain", text: "Dear friend,\n" }]);
    await page.getByRole("row", { name, exact: true }).waitFor();
    // Whoever leaves the page earlier cuts the upload off.
    await page.getByRole("region", { name: "Uploads" }).getByText("1 file uploaded").first().waitFor();
  });

  it.each(ROOMS)("/%s is accessible, fits, and does without a fault", async (room) => {
    const { page, faults } = watched;
    await page.goto(`${app.network.url}/${room}`);
    await page.locator("h1").first().waitFor({ state: "attached" });
    await page.locator(".table, .file-list, .empty, .steps, .figures").first().waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });

  it("/nodes/ID shows a month of earnings, uptime and checks, in pictures and figures", async () => {
    const { page, faults } = watched;
    await makeUpEconomy(page);
    await page.goto(`${app.network.url}/nodes`);
    await page.getByRole("link", { name: "node-1" }).click();
    await page.getByRole("img", { name: /^Credits by day in .+: 48\.06 credits on 28 days$/ }).waitFor();
    await page.getByRole("img", { name: /^Share of each day in .+; the lowest is 0 %$/ }).waitFor();
    const earnings = page.getByRole("table", { name: /^Earnings by day/ });
    await earnings.getByText("−0.09 as it was here 90 % of the time, less than 95 %").waitFor();
    expect(await earnings.getByText("−0.27 as it passed 80 % of its checks, less than 95 %").count()).toBe(2);
    await page.getByText("the node itself says that it has lost it").waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });

  it("/account shows what storing cost by day, in a picture and figures", async () => {
    const { page, faults } = watched;
    await page.goto(`${app.network.url}/account`);
    await page.getByRole("button", { name: "$5 for 500 credits" }).waitFor();
    await page.getByText("Your credits last until").waitFor();
    await page.getByRole("img", { name: /^Credits charged on each of the last 31 days; 2\.9 on the last/ }).waitFor();
    await page.getByText("The figures as a table").click();
    await page.getByRole("table", { name: "What storing cost, by day" }).getByText("Feb 28").waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  it("files with everything open are accessible", async () => {
    const { page } = watched;
    await page.goto(`${app.network.url}/files/${name}`);
    const row = page.getByRole("row", { name: "letter to a friend.txt" });
    await row.waitFor();
    await page.getByRole("button", { name: "Actions for letter to a friend.txt" }).first().click();
    await page.getByRole("menuitem", { name: "Details" }).click();
    await page.getByRole("complementary", { name: "Details" }).getByText("Whole").waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    await page.getByRole("complementary", { name: "Details" }).getByRole("button", { name: "Close" }).click();
    await page.getByRole("radio", { name: "Grid" }).click();
    await row.waitFor();
    expect(await findingsOf(watched)).toEqual([]);
  });
});

describe("a disk is lent", () => {
  it("by a command to copy, until the page sees the node", async () => {
    const context = await newContext(DESK);
    const { page } = await openPage(context, `${app.network.url}/lend`);
    await signIn(page, app.network.account);
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByText(/npx commonhold node init --name NAME --coordinator-url http.* --join-token chj_/).waitFor();
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
  const BUDGET_BYTES = 170_000;
  const WAY_IN_BUDGET_BYTES = 105_000;
  /** The app notes when what the address leads to is in sight; what it loads then is for later. */
  const scriptsUntilFirstSight = async ({ page }: WatchedPage): Promise<unknown> => {
    const sight = "performance.getEntriesByName('first-sight')[0]?.startTime";
    await waitUntil("the first sight", () => page.evaluate(`${sight} !== undefined`));
    return page.evaluate(`performance.getEntriesByType("resource")
      .filter(({ name, startTime }) => name.endsWith(".js") && startTime < ${sight})
      .map(({ name }) => new URL(name).pathname.slice(1)).sort()`);
  };

  it("is what the build says, small and compressed, the way in included", async () => {
    const { signIn: wayIn, files } = await readFirstLoad(WEB_DIST);
    const visitor = await newContext(DESK);
    const first = await openPage(visitor, app.network.url);
    await first.page.getByLabel("Password").waitFor();
    expect(await scriptsUntilFirstSight(first)).toEqual(wayIn.scripts);
    await signIn(first.page, app.network.account);
    const storageState = await visitor.storageState();
    await visitor.close();

    // The browser knows the person, and none of the scripts.
    const context = await app.browser.newContext({ storageState });
    const answers = new Map<string, Response>();
    context.on("response", (response) => answers.set(new URL(response.url()).pathname.slice(1), response));
    const second = await openPage(context, `${app.network.url}/files`);
    await second.page.getByRole("button", { name: "Upload", exact: true }).first().waitFor();
    expect(await scriptsUntilFirstSight(second)).toEqual(files.scripts);
    expect(files.scripts).toEqual(expect.arrayContaining([...wayIn.scripts]));
    let bytes = 0;
    for (const script of files.scripts) {
      const headers = await answers.get(script)!.allHeaders();
      expect(headers["content-encoding"] ?? "none, it is tiny").toMatch(/^br$|tiny/);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      bytes += Number(headers["content-length"]);
    }
    expect(bytes).toBe(files.brotliBytes);
    expect(bytes).toBeGreaterThan(50_000);
    expect(files.gzipBytes).toBeLessThan(BUDGET_BYTES);
    expect(wayIn.gzipBytes).toBeLessThan(WAY_IN_BUDGET_BYTES);
    await context.close();
  });

  it("asks for the session and the files once, before the script that shows them is here", async () => {
    // Its answers are held back by the test, which sees none that a service worker has kept.
    const context = await app.browser.newContext({ serviceWorkers: "block" });
    const { page } = await openPage(context, app.network.url);
    await signIn(page, app.network.account);
    await page.close();
    const asked: string[] = [];
    context.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    let letRoomsCome: () => void = () => undefined;
    const roomsMayCome = new Promise<void>((resolve) => (letRoomsCome = resolve));
    await context.route(/\/assets\/rooms-/, async (route) => {
      await roomsMayCome;
      await route.continue();
    });
    const again = await openPage(context, `${app.network.url}/files`);
    const first = ["POST /api/v1/auth/refresh", "GET /api/v1/folders", "GET /api/v1/files", "GET /api/v1/auth/me"];
    await waitUntil("the first requests", async () => first.every((request) => asked.includes(request)));
    expect(asked.filter((request) => request.includes("/api/")).sort()).toEqual([...first].sort());
    letRoomsCome();
    await again.page.locator(".empty, [role=row]").first().waitFor();
    expect(asked.filter((request) => request === first[0])).toHaveLength(1);
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

/** Until the service worker has kept the app, and serves this page. */
async function waitUntilKept({ page }: WatchedPage): Promise<void> {
  await waitUntil("the service worker", () => page.evaluate("navigator.serviceWorker.controller !== null"));
}

describe("the app in the browser", () => {
  it("can be installed", async () => {
    const context = await newContext(DESK);
    const { page } = await openPage(context, app.network.url);
    const answer = await page.request.get(`${app.network.url}/app.webmanifest`);
    const manifest = (await answer.json()) as { icons: { src: string; sizes: string; purpose: string }[] };
    expect(manifest).toMatchObject({ id: "/", scope: "/", start_url: "/files", display: "standalone" });
    expect(manifest.icons.map(({ purpose }) => purpose)).toContain("maskable");
    for (const { src, sizes } of manifest.icons) {
      const measured = `(async () => {
        const icon = new Image();
        icon.src = ${JSON.stringify(src)};
        await icon.decode();
        return icon.naturalWidth + "x" + icon.naturalHeight;
      })()`;
      expect([sizes, "any"]).toContain(sizes === "any" ? "any" : await page.evaluate(measured));
    }
    await context.close();
  });

  it("opens without the coordinator, says so, and goes on by itself when that is back", async () => {
    const context = await newContext(PHONE);
    const watched = await openPage(context, app.network.url);
    const { page } = watched;
    await signIn(page, app.network.account);
    await waitUntilKept(watched);
    const open = await openPage(context, `${app.network.url}/network`);
    await open.page.getByRole("heading", { name: "Repair" }).waitFor();

    await app.network.coordinator.end();
    await page.reload();
    await page.getByRole("heading", { name: "Offline" }).waitFor();
    await page.getByText("The coordinator does not answer.").waitFor();
    expect(await findingsOf(watched)).toEqual([]);
    await open.page.getByText("Offline: the coordinator does not answer.").waitFor();
    await open.page.getByRole("link", { name: "Lend a disk" }).click();
    await open.page.getByRole("button", { name: "Make a token" }).waitFor();
    const kept = (await page.evaluate(`(async () => {
      const names = await caches.keys();
      const lists = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return lists.flat().map((request) => new URL(request.url).pathname);
    })()`)) as readonly string[];
    expect(kept).toContain("/");
    expect(kept.filter((path) => !/^\/(?:assets\/[\w.-]+|[\w-]+\.(?:png|svg|webmanifest))?$/.test(path))).toEqual([]);

    await app.network.startCoordinator();
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
    await page.getByRole("row").first().waitFor();
    await open.page.getByText("Offline: the coordinator does not answer.").waitFor({ state: "detached" });
    await context.close();
  });
});

describe("a new build", () => {
  let builds: WebBuilds;
  let context: BrowserContext;
  beforeAll(async () => {
    builds = await openWebBuilds();
    await builds.deploy("one");
  });
  afterEach(() => context.close());
  afterAll(() => builds.close());

  const SIGNED_OUT = { error: { code: "UNAUTHENTICATED", message: "no session" } };
  const TOKEN = `x.${Buffer.from(JSON.stringify({ sub: "ada" })).toString("base64url")}.y`;

  /** A page of these builds, with somebody signed in where wanted; the API is not theirs to serve. */
  async function open(options: { readonly isSignedIn: boolean; readonly serviceWorkers: "allow" | "block" }) {
    context = await app.browser.newContext({ serviceWorkers: options.serviceWorkers });
    await context.route("**/api/**", (route) => {
      if (!route.request().url().endsWith("/auth/refresh")) return route.fulfill({ status: 403, json: SIGNED_OUT });
      if (!options.isSignedIn) return route.fulfill({ status: 401, json: SIGNED_OUT });
      return route.fulfill({ json: { access_token: TOKEN, token_type: "Bearer", expires_in: 900 } });
    });
    return openPage(context, builds.url);
  }

  const scriptsOf = ({ page }: WatchedPage) =>
    page.evaluate("[...document.scripts].map((script) => new URL(script.src).pathname)").catch(() => []);

  it("is offered to the page that is open, taken in one step, and whole without a network", async () => {
    const watched = await open({ isSignedIn: false, serviceWorkers: "allow" });
    const { page } = watched;
    await waitUntilKept(watched);
    await builds.deploy("two");
    await page.evaluate("navigator.serviceWorker.ready.then((registration) => registration.update())");
    await page.getByText("A new version of this page is here.").waitFor();
    expect(await scriptsOf(watched)).toEqual([expect.stringContaining("/assets/one-")]);
    await page.getByRole("button", { name: "Load it" }).click();
    await waitUntil("the new page", async () => String(await scriptsOf(watched)).includes("/assets/two-"));
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.getByText("A new version of this page is here.").count()).toBe(0);

    await builds.deploy("three");
    await page.evaluate("navigator.serviceWorker.ready.then((registration) => registration.update())");
    await page.getByText("A new version of this page is here.").waitFor();
    const kept = (await page.evaluate("caches.keys()")) as readonly string[];
    expect(kept.map((name) => name.replace(/-[0-9a-f]{16}$/, ""))).toEqual([
      "commonhold-shell-two",
      "commonhold-shell-three",
    ]);
    await builds.close();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await scriptsOf(watched)).toEqual([expect.stringContaining("/assets/three-")]);
  });

  it("is taken where a room of the old one is gone, also in browsers that keep nothing", async () => {
    await builds.deploy("four");
    const watched = await open({ isSignedIn: true, serviceWorkers: "block" });
    const { page } = watched;
    await page.getByRole("heading", { name: "Files" }).waitFor({ state: "attached" });
    await builds.deploy("five");
    await page.getByRole("link", { name: "Lend a disk" }).click();
    await page.getByRole("button", { name: "Make a token" }).waitFor();
    expect(await scriptsOf(watched)).toEqual([expect.stringContaining("/assets/five-")]);
  });
});
