import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { axeFindings } from "./harness/axe-findings.ts";
import { dropFiles, openPage, openWebApp, signIn, type WatchedPage, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";
import { waitUntil } from "./harness/wait-until.ts";

let app: WebApp;
const { newContext, newcomer, leave } = visitorsOf(() => app, "sharer", { reducedMotion: "reduce" });
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

/** Somebody with a link and nothing else: another browser, without an account. */
async function stranger(link: string): Promise<WatchedPage & { readonly context: BrowserContext }> {
  const context = await newContext();
  return { ...(await openPage(context, link)), context };
}

/** Answers that say no are printed by the browser; what runs, or breaks the policy, is what is looked for. */
const scriptFaults = ({ faults }: WatchedPage) =>
  faults.filter((fault) => !fault.startsWith("Failed to load resource"));

const row = (page: Page, name: string) => page.getByRole("row", { name });

async function openShareDialog(page: Page, name: string): Promise<void> {
  // The list takes up what moves its rows when it is there, and closes a menu that was open.
  await waitUntil("the file's menu", async () => {
    await page.getByRole("button", { name: `Actions for ${name}` }).click();
    await page.getByRole("menuitem", { name: "Share…" }).click({ timeout: 3000 });
    return true;
  });
  await page.getByRole("dialog").getByRole("button", { name: "Make a link" }).waitFor();
}

interface Wanted {
  readonly password?: string;
  readonly downloads?: string;
  readonly expiry?: string;
}

/** Makes a link in the dialog that is open. @returns the link */
async function makeLink(page: Page, { password = "", downloads = "", expiry }: Wanted = {}): Promise<string> {
  const dialog = page.getByRole("dialog");
  if (expiry !== undefined) {
    await dialog.getByRole("button", { name: /Ends after/ }).click();
    await page.getByRole("option", { name: expiry }).click();
  }
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByLabel("Downloads").fill(downloads);
  await dialog.getByRole("button", { name: "Make a link" }).click();
  await dialog.getByText("Here is the link.").waitFor();
  return dialog.locator(".share-link").first().innerText();
}

async function downloadedBytes(page: Page, button: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button, exact: true }).click(),
  ]);
  return readFile(await download.path());
}

describe("a link", () => {
  it("with a password and a limit opens for whoever has both, as often as it may, and runs nothing", async () => {
    const owner = await newcomer();
    const { page } = owner;
    const name = "<img src=x onerror=alert(1)>.txt";
    const text = "<script>alert(2)</script> and the plan: äöü ✓\n";
    await dropFiles(page, [{ name, type: "text/plain", text }]);
    await row(page, name).waitFor();
    await openShareDialog(page, name);
    const link = await makeLink(page, { password: "open sesame", downloads: "2", expiry: "1 day" });
    expect(link).toMatch(new RegExp(`^${app.network.url}/shared/[A-Za-z0-9_-]{22,}$`));
    await page
      .getByRole("dialog")
      .getByText(/ends in (1 day|24 h) · has a password · 2 of 2 downloads left/)
      .waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();

    const guest = await stranger(link);
    let dialogs = 0;
    guest.page.on("dialog", (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
    const enter = async (password: string) => {
      await guest.page.getByLabel("Password").fill(password);
      await guest.page.getByRole("button", { name: "Open" }).click();
    };
    await enter("open barley");
    await guest.page.getByText("That is not the password.").waitFor();
    expect(await guest.page.getByText("onerror").count()).toBe(0);
    await enter("open sesame");
    await guest.page.getByRole("heading", { name }).waitFor();
    await guest.page.getByRole("button", { name: "Show it here" }).click();
    await guest.page.getByText("<script>alert(2)</script>").waitFor();
    const bytes = await downloadedBytes(guest.page, "Download");
    expect(bytes.toString("utf8")).toBe(text);

    // Looking and downloading were one.
    await page.getByRole("link", { name: "Links" }).click();
    await page.getByText("1 of 2 downloads left").waitFor();
    await guest.page.reload();
    await enter("open sesame");
    expect((await downloadedBytes(guest.page, "Download")).toString("utf8")).toBe(text);
    await guest.page.reload();
    await enter("open sesame");
    await guest.page.getByRole("heading", { name: "This link is used up" }).waitFor();
    expect(dialogs).toBe(0);
    expect(scriptFaults(guest)).toEqual([]);
    expect(owner.faults).toEqual([]);
  });

  it("shows a picture at once where nobody counts, until it is taken back", async () => {
    const owner = await newcomer();
    const { page } = owner;
    const drawing = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    await dropFiles(page, [{ name: "drawing.svg", type: "image/svg+xml", text: drawing }]);
    await row(page, "drawing.svg").waitFor();
    await openShareDialog(page, "drawing.svg");
    const link = await makeLink(page, { expiry: "Never" });
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await row(page, "drawing.svg").click();
    await page.keyboard.press("i");
    const details = page.getByRole("complementary", { name: "Details" });
    await details.getByText(link).waitFor();

    const guest = await stranger(link);
    // As its source: it never becomes a page of ours.
    await guest.page.getByText("alert(1)").waitFor();
    await details.getByRole("button", { name: "Take back the link to drawing.svg" }).click();
    await page.getByRole("button", { name: "Take it back" }).click();
    await details.getByText("Nobody has a link to it.").waitFor();
    await guest.page.reload();
    await guest.page.getByRole("heading", { name: "This link leads nowhere" }).waitFor();
    expect(scriptFaults(guest)).toEqual([]);
    expect(owner.faults).toEqual([]);
  });
});

/** Every file below a folder that has any of these bytes in it. */
async function filesWith(folder: string, needles: readonly Buffer[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (needles.some((needle) => bytes.includes(needle))) found.push(path);
  }
  return found;
}

/** In place of the window in which a person picks where to save: the browser's own files, which it writes as it would. */
const PICK_OWN_FILE = `window.showSaveFilePicker = async ({ suggestedName }) => {
  window.pickedName = suggestedName;
  return (await navigator.storage.getDirectory()).getFileHandle("saved", { create: true });
}`;
const READ_OWN_FILE = `(async () => {
  const handle = await (await navigator.storage.getDirectory()).getFileHandle("saved");
  const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [bytes.length, ...digest].join(" ");
})()`;

describe("a sealed link", () => {
  const MARK = randomBytes(24).toString("hex");
  const NAME = `plan ${MARK}.txt`;
  const content = Buffer.concat([Buffer.from(`${MARK}\n`), randomBytes(2_500_000)]);

  async function sealFile(page: Page): Promise<string> {
    await page.getByRole("link", { name: "Links" }).click();
    await page.getByRole("button", { name: "Share a sealed file…" }).click();
    const file = { name: NAME, mimeType: "text/plain", buffer: content };
    await page.getByTestId("seal-input").setInputFiles(file);
    await page.getByRole("button", { name: "Seal and upload" }).click();
    const ready = page.getByRole("dialog", { name: "The sealed link" });
    await ready.getByText("The key is in this link, behind the #, and nowhere else.").waitFor();
    // It is not lost by a slip of the hand.
    await page.keyboard.press("Escape");
    const link = await ready.locator(".share-link").innerText();
    await ready.getByRole("button", { name: "I have kept it" }).click();
    await ready.waitFor({ state: "detached" });
    return link;
  }

  it("is opened in the browser alone: neither the coordinator nor a disk has the key, the name or the content", async () => {
    const { page, faults } = await newcomer();
    const sent: string[] = [];
    page.on("request", (request) =>
      sent.push(`${request.url()} ${request.postDataBuffer()?.toString("latin1") ?? ""}`),
    );
    const link = await sealFile(page);
    await page.getByText("Its link was shown once, and cannot be shown again.").waitFor();
    const key = link.split("#")[1]!;
    expect(key).toMatch(/^[\w-]{43}$/);

    const guest = await stranger("about:blank");
    guest.context.on("request", (request) => {
      sent.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ""}`);
    });
    await guest.page.goto(link.split("#")[0]!);
    await guest.page.getByRole("heading", { name: "The key is missing" }).waitFor();
    await guest.page.goto(link);
    await guest.page.getByRole("heading", { name: NAME }).waitFor();
    expect(guest.page.url()).toBe(link.split("#")[0]);
    await guest.page.reload();
    await guest.page.getByRole("heading", { name: NAME }).waitFor();
    await guest.page.getByText(MARK).last().waitFor();

    await guest.page.evaluate(PICK_OWN_FILE);
    await guest.page.getByRole("button", { name: "Save" }).click();
    await guest.page.getByText("Every part of it was genuine.").waitFor();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    expect(await guest.page.evaluate(READ_OWN_FILE)).toBe([content.length, ...digest].join(" "));
    expect(await guest.page.evaluate("window.pickedName")).toBe(NAME);

    await guest.page.evaluate("delete window.showSaveFilePicker; window.showSaveFilePicker = undefined");
    const gathered = await downloadedBytes(guest.page, "Save");
    expect(gathered.equals(content)).toBe(true);

    expect(sent.length).toBeGreaterThan(20);
    expect(sent.filter((each) => each.includes(key) || each.includes(MARK))).toEqual([]);
    const kept = [join(app.network.folder, "coordinator"), join(app.network.folder, "nodes")];
    const needles = [Buffer.from(key), Buffer.from(key, "base64url"), Buffer.from(MARK)];
    for (const folder of kept) expect(await filesWith(folder, needles)).toEqual([]);
    const said = [app.network.coordinator, ...app.network.nodes.values()].map(({ output }) => output).join("\n");
    expect(said).not.toContain(key);
    expect(said).not.toContain(MARK);
    expect(said).not.toContain(link.split("#")[0]!.split("/shared/")[1]);
    expect([...faults, ...scriptFaults(guest)]).toEqual([]);
  });

  it("with another key opens nothing, and says so", async () => {
    const { page } = await newcomer();
    const link = await sealFile(page);
    const guest = await stranger(`${link.split("#")[0]}#${randomBytes(32).toString("base64url")}`);
    await guest.page.getByText(/the key is not its key/).waitFor();
    expect(await guest.page.getByText(MARK).count()).toBe(0);
  });
});

describe("live", () => {
  it("what one tab changes the others show without being asked, by one connection of the browser", async () => {
    let connections = 0;
    const context = await newContext();
    context.on("request", (request) => {
      if (request.url().endsWith("/api/v1/events")) connections += 1;
    });
    const { page, email } = await newcomer(context);
    await expect.poll(() => connections, { timeout: 8_000 }).toBe(1);
    const { page: second } = await openPage(context, `${app.network.url}/files`);
    const { page: elsewhere } = await openPage(await newContext(), app.network.url);
    await signIn(elsewhere, { email, password: "correct horse battery" });
    for (const each of [second, elsewhere]) await each.getByText("Nothing here yet").waitFor();

    await dropFiles(page, [{ name: "news.txt", type: "text/plain", text: "new" }]);
    for (const each of [second, elsewhere]) await row(each, "news.txt").waitFor({ timeout: 8_000 });
    await row(second, "news.txt").click();
    await second.keyboard.press("Delete");
    for (const each of [page, elsewhere]) await row(each, "news.txt").waitFor({ state: "detached", timeout: 8_000 });
    expect(connections).toBe(1);

    // The first tab had it: another takes it over.
    const taken = context.waitForEvent("request", (request) => request.url().endsWith("/api/v1/events"));
    await page.close();
    await taken;
    await dropFiles(elsewhere, [{ name: "later.txt", type: "text/plain", text: "later" }]);
    await row(second, "later.txt").waitFor({ timeout: 8_000 });
    expect(connections).toBe(2);

    // What comes meanwhile takes nothing from under a person's hand.
    await second.getByRole("button", { name: "Actions for later.txt" }).click();
    await second.getByRole("menuitem", { name: "Share…" }).waitFor();
    await dropFiles(elsewhere, [{ name: "third.txt", type: "text/plain", text: "third" }]);
    await row(elsewhere, "third.txt").waitFor();
    expect(await second.getByRole("menuitem", { name: "Share…" }).isVisible()).toBe(true);
    await second.keyboard.press("Escape");
    await row(second, "third.txt").waitFor({ timeout: 8_000 });
  });

  it("while no events come, rooms ask by themselves", async () => {
    const context = await newContext();
    await context.route("**/api/v1/events", (route) => route.abort());
    const { page } = await openPage(context, `${app.network.url}/network`);
    let asked = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/api/v1/repair")) asked += 1;
    });
    await signIn(page, app.network.account);
    const began = Date.now();
    await waitUntil("four questions", async () => asked >= 4);
    // With events it asks at leisure: four would take half a minute.
    expect(Date.now() - began).toBeLessThan(25_000);
  });
});

describe("an administrator", () => {
  it("gives a person another role and credits, shuts the account and opens it; the log says so", async () => {
    const person = await newcomer();
    await person.page.goto(`${app.network.url}/account`);
    await person.page.getByText("Member", { exact: true }).waitFor();

    const { page, faults } = await openPage(await newContext(), `${app.network.url}/admin/people`);
    await signIn(page, app.network.account);
    await page.getByLabel("Find by e-mail").fill(person.email);
    await row(page, person.email).waitFor();
    await waitUntil("only that one", async () => (await page.locator("tbody tr").count()) === 1);
    await page.getByRole("button", { name: new RegExp(`Role of ${person.email}`) }).click();
    await page.getByRole("option", { name: "Operator" }).click();
    await page.getByText(`${person.email} is Operator now.`).waitFor();
    await person.page.getByText("Operator", { exact: true }).waitFor();

    await page.getByRole("button", { name: `Give credits…: ${person.email}` }).click();
    await page.getByLabel("Credits", { exact: true }).fill("12.5");
    await page.getByLabel("Reason").fill("thanks for the <b>help</b>");
    await page.getByRole("button", { name: "Give", exact: true }).click();
    await page.getByText("has 12.5 credits more.").waitFor();
    await person.page.getByText("thanks for the <b>help</b>").waitFor();

    await page.getByRole("button", { name: `Shut: ${person.email}` }).click();
    await page.getByText("is signed out everywhere and cannot sign in").waitFor();
    const outside = await openPage(await newContext(), app.network.url);
    await outside.page.getByLabel("E-mail").fill(person.email);
    await outside.page.getByLabel("Password").fill("correct horse battery");
    await outside.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await outside.page.getByRole("alert").getByText(/./).waitFor();
    await page.getByRole("button", { name: `Open: ${person.email}` }).click();
    await page.getByText(`${person.email} can sign in again.`).waitFor();

    await page.getByRole("link", { name: "Log" }).click();
    for (const what of ["opened the account", "shut the account", "gave credits to", "changed the role of"]) {
      await page.getByText(`${what} ${person.email}`).waitFor();
    }
    expect(faults).toEqual([]);
  });

  it("sees every setting with where it comes from, and every node with what it went through", async () => {
    const { page, faults } = await openPage(await newContext(), `${app.network.url}/admin/settings`);
    await signIn(page, app.network.account);
    await page.getByLabel("Find a setting").fill("accounts.registrations_per_address");
    await page.getByText("COMMONHOLD_COORDINATOR_ACCOUNTS_REGISTRATIONS_PER_ADDRESS_PER_MINUTE").waitFor();
    expect(await page.locator("tbody tr").count()).toBe(1);

    await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: "Nodes", exact: true }).click();
    await page.getByRole("button", { name: "Actions for node-3" }).click();
    await page.getByRole("menuitem", { name: "Cut off" }).click();
    await row(page, "node-3").getByText("Cut off").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "node-3").getByText("Cut off").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Actions for node-3" }).click();
    await page.getByRole("menuitem", { name: "History" }).click();
    await page.getByRole("dialog", { name: "History of node-3" }).getByText("→ Here").first().waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await app.network.waitForActive(3);
    expect(faults).toEqual([]);
  });
});

/** Several chunks of the least size that there is. */
const FILM_BYTES = 1_500_000;
/** Records moving noise until there is something to fetch, and drops it. @returns how many bytes it has */
const RECORD = `(async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 360 });
  const context = canvas.getContext("2d");
  const image = context.createImageData(480, 360);
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8", videoBitsPerSecond: 8e6 });
  const pieces = [];
  let size = 0;
  recorder.ondataavailable = ({ data }) => {
    pieces.push(data);
    size += data.size;
  };
  const ended = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start(250);
  await new Promise((resolve) => {
    const draw = () => {
      for (let at = 0; at < image.data.length; at += 4) image.data.set([Math.random() * 255, Math.random() * 255, 99, 255], at);
      context.putImageData(image, 0, 0);
      if (size > ${FILM_BYTES}) resolve();
      else requestAnimationFrame(draw);
    };
    draw();
  });
  recorder.stop();
  await ended;
  const file = new File([new Blob(pieces)], "noise.webm", { type: "video/webm", lastModified: 1 });
  const transfer = new DataTransfer();
  transfer.items.add(file);
  const event = { dataTransfer: transfer, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new DragEvent("drop", event));
  return file.size;
})()`;

describe("a film", () => {
  it("goes on while a node is killed, and begins anew without it", async () => {
    const { page, faults } = await newcomer();
    const size = Number(await page.evaluate(RECORD));
    expect(size).toBeGreaterThan(FILM_BYTES);
    await row(page, "noise.webm").waitFor();
    await row(page, "noise.webm").click();
    await page.keyboard.press("i");
    await page.getByRole("complementary", { name: "Details" }).getByText("3 of 3 on disks now").waitFor();
    const seen = (condition: string) =>
      waitUntil(condition, () =>
        page.evaluate(`(() => { const v = document.querySelector("video"); return ${condition}; })()`),
      );
    const play = async () => {
      await row(page, "noise.webm").dblclick();
      await seen("v !== null && v.readyState >= 2");
      await page.evaluate("void document.querySelector('video').play()");
    };
    await play();
    await seen("v.currentTime > 0.3");
    const before = await page.evaluate("document.querySelector('video').src");
    await app.network.node("node-1").end("SIGKILL");
    await seen("v.ended && v.error === null");
    expect(await page.evaluate("document.querySelector('video').src")).toBe(before);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });

    // All of it again, of which nothing is kept anywhere but on the nodes that are left.
    await play();
    await seen("v.ended && v.error === null");
    expect(faults).toEqual([]);
    app.network.startNode("node-1");
    await app.network.waitForActive(3);
  });
});

interface Format {
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
}

const FORMATS: readonly Format[] = [
  { width: 1440, height: 900, theme: "light" },
  { width: 360, height: 740, theme: "dark" },
];

/** Stores a text as the first account, and makes a link to it. @returns the link */
async function sharedText(name: string, terms: object = {}): Promise<string> {
  const { url } = app.network;
  const post = async (path: string, body: string) => (await app.network.call(path, { method: "POST", body })).json();
  const query = `filename=${encodeURIComponent(name)}`;
  const { file_id: id } = (await post(`/api/v1/files?${query}`, "A letter.\nWith two lines.\n")) as { file_id: string };
  const share = (await post(`/api/v1/files/${id}/shares`, JSON.stringify(terms))) as { url_path: string };
  return `${url}${share.url_path}`;
}

describe.each(FORMATS)("at $width pixels in the $theme theme", ({ width, height, theme }) => {
  const format = `${width}-${theme}`;
  let plain: string;
  let locked: string;
  beforeAll(async () => {
    plain = await sharedText(`letter ${format}.txt`, { expires_in_s: 86_400 });
    locked = await sharedText(`diary ${format}.txt`, { password: "secret", downloads_max: 3 });
  });

  async function open(address: string): Promise<WatchedPage> {
    return openPage(await newContext({ viewport: { width, height }, colorScheme: theme }), address);
  }
  async function check({ page }: WatchedPage, name: string): Promise<void> {
    expect(await axeFindings(page), name).toEqual([]);
    const excess = `Math.max(...[document.documentElement, document.querySelector(".content")]
      .map((each) => each === null ? 0 : each.scrollWidth - each.clientWidth))`;
    expect(await page.evaluate(excess), name).toBeLessThanOrEqual(0);
  }

  it("what a link shows is accessible and fits", async () => {
    const shown = await open(plain);
    await shown.page.getByText("With two lines.").waitFor();
    await check(shown, "shared");
    await shown.page.goto(locked);
    await shown.page.getByLabel("Password").fill("wrong");
    await shown.page.getByRole("button", { name: "Open" }).click();
    await shown.page.getByText("That is not the password.").waitFor();
    await check(shown, "shared-password");
    await shown.page.getByLabel("Password").fill("secret");
    await shown.page.getByRole("button", { name: "Open" }).click();
    await shown.page.getByText("3 downloads left").waitFor();
    await check(shown, "shared-counted");
    await shown.page.goto(`${app.network.url}/shared/${"a".repeat(30)}`);
    await shown.page.getByRole("heading", { name: "This link leads nowhere" }).waitFor();
    await check(shown, "shared-nowhere");
    expect(scriptFaults(shown)).toEqual([]);
  });

  it("the rooms and windows of links and of administration are accessible and fit", async () => {
    const watched = await open(`${app.network.url}/shares`);
    const { page } = watched;
    await signIn(page, app.network.account);
    await page.goto(`${app.network.url}/shares`);
    await row(page, `diary ${format}.txt`).waitFor();
    await check(watched, "shares");
    await page.getByRole("button", { name: `Take back the link to diary ${format}.txt` }).click();
    await page.getByRole("button", { name: "Keep it" }).waitFor();
    await check(watched, "revoke");
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("button", { name: "Share a sealed file…" }).click();
    const file = { name: `sealed ${format}.txt`, mimeType: "text/plain", buffer: Buffer.from("sealed") };
    await page.getByTestId("seal-input").setInputFiles(file);
    await check(watched, "seal");
    await page.getByRole("button", { name: "Seal and upload" }).click();
    await page.getByRole("button", { name: "I have kept it" }).waitFor();
    await check(watched, "sealed-link");
    const sealed = await open(await page.getByRole("dialog").locator(".share-link").innerText());
    await sealed.page.getByRole("heading", { name: `sealed ${format}.txt` }).waitFor();
    await check(sealed, "shared-sealed");
    await page.getByRole("button", { name: "I have kept it" }).click();
    for (const room of ["people", "nodes", "settings", "log"]) {
      page.once("dialog", (dialog) => void dialog.accept());
      await page.goto(`${app.network.url}/admin/${room}`);
      await page.locator(".table, .empty").first().waitFor();
      await check(watched, `admin-${room}`);
    }
    await page.goto(`${app.network.url}/admin/people`);
    await page.getByRole("button", { name: "Give credits…" }).first().click();
    await page.getByLabel("Reason").waitFor();
    await check(watched, "grant");
    await page.goto(`${app.network.url}/files`);
    await openShareDialog(page, `letter ${format}.txt`);
    await page
      .getByRole("dialog")
      .getByText(/ends in (1 day|24 h)/)
      .waitFor();
    await check(watched, "share-dialog");
    expect(watched.faults).toEqual([]);
  });
});
