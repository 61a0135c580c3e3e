import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CHUNK_SIZE_BYTES_MIN } from "@commonhold/core/chunk-size.ts";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { axeFindings } from "./harness/axe-findings.ts";
import { dropFiles, openPage, openWebApp, signIn, type WebApp } from "./harness/browser.ts";
import { visitorsOf } from "./harness/visitors.ts";

let app: WebApp;
const { newContext, newcomer, leave } = visitorsOf(() => app, "person");
beforeAll(async () => {
  app = await openWebApp();
});
afterEach(leave);
afterAll(() => app?.close());

const row = (page: Page, name: string) => page.getByRole("row", { name });
const tray = (page: Page) => page.getByRole("region", { name: "Uploads" });

const focusedRole = (page: Page) => page.evaluate("document.activeElement?.getAttribute('role')");

async function downloadedBytes(page: Page, start: () => Promise<void>): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), start()]);
  return readFile(await download.path());
}

describe("a file's life", () => {
  it("is dropped in, seen, looked at, downloaded, deleted, and taken back", async () => {
    const { page, faults } = await newcomer();
    await page.getByText("Nothing here yet").waitFor();
    const text = "The first line.\nUnd die zweite: äöü ✓\n";
    await dropFiles(page, [
      { name: "notes.txt", type: "text/plain", text },
      { name: "other.bin", type: "", text: "x".repeat(300_000) },
    ]);
    await tray(page).getByText("2 files uploaded").first().waitFor();
    await row(page, "notes.txt").waitFor();

    await row(page, "notes.txt").click();
    await page.getByRole("button", { name: "Details", exact: true }).click();
    const details = page.getByRole("complementary", { name: "Details" });
    await details.getByText("Whole").waitFor();
    await details.getByText("3 of 3 on disks now").waitFor();

    await row(page, "notes.txt").dblclick();
    const preview = page.getByRole("dialog", { name: "notes.txt" });
    await preview.getByText("Und die zweite: äöü ✓").waitFor();
    const bytes = await downloadedBytes(page, () => preview.getByRole("button", { name: "Download" }).click());
    expect(bytes.toString("utf8")).toBe(text);
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: "Actions for notes.txt" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await row(page, "notes.txt").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "notes.txt").waitFor();
    expect(faults).toEqual([]);
  });

  it("goes on in the trash, from where it is restored", async () => {
    const { page } = await newcomer();
    await dropFiles(page, [{ name: "gone.txt", type: "text/plain", text: "still here" }]);
    await row(page, "gone.txt").click();
    await page.keyboard.press("Delete");
    await row(page, "gone.txt").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Trash" }).click();
    await page.getByRole("button", { name: "Restore gone.txt" }).click();
    await page.getByText("The trash is empty").waitFor();
    await page.getByRole("link", { name: "Files", exact: true }).click();
    await row(page, "gone.txt").waitFor();
  });

  it("is kept in as many copies as its owner wants; what cannot be is said", async () => {
    const { page } = await newcomer();
    await dropFiles(page, [{ name: "dear.txt", type: "text/plain", text: "dear" }]);
    await row(page, "dear.txt").click();
    await page.keyboard.press("i");
    const details = page.getByRole("complementary", { name: "Details" });
    await details.getByRole("button", { name: "One copy fewer" }).click();
    await details.getByText(/of 2 on disks now/).waitFor();
    await details.getByRole("button", { name: "One copy more" }).click();
    await details.getByText(/of 3 on disks now/).waitFor();
    await details.getByRole("button", { name: "One copy more" }).click();
    await details.getByText(/4 copies need 4 nodes and there are 3/).waitFor();
  });
});

describe("uploads", () => {
  const SIZE = 3 * 1024 * 1024;
  const big = async (name: string): Promise<string> => {
    const path = join(app.network.folder, name);
    await writeFile(path, randomBytes(SIZE));
    return path;
  };

  it("go on after the page was loaded anew, and send only what is missing", async () => {
    const { page, context } = await newcomer();
    const file = await big("large.bin");
    let sent = 0;
    const answered = Promise.withResolvers<void>();
    await page.route("**/chunk?*", async (route) => {
      const mine = ++sent;
      if (mine > 4) return; // These never arrive: the page goes away first.
      await route.continue();
      if (mine === 4) answered.resolve();
    });
    await page.getByTestId("file-input").setInputFiles(file);
    await answered.promise;
    await tray(page)
      .getByText(/of 3\.1 MB/)
      .first()
      .waitFor();
    page.on("dialog", (dialog) => void dialog.accept());
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.reload();
    await tray(page)
      .getByText(/Interrupted/)
      .first()
      .waitFor();

    let again = 0;
    context.on("request", (request) => {
      if (request.url().includes("/chunk?")) again += 1;
    });
    await page.getByTestId("choose-again").setInputFiles(await big("other.bin"));
    await page.getByText("That is another file").waitFor();
    await page.getByTestId("choose-again").setInputFiles(file);
    await tray(page).getByText("1 file uploaded").first().waitFor();
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(SIZE / CHUNK_SIZE_BYTES_MIN);
    await page.getByRole("button", { name: "Actions for large.bin" }).click();
    const bytes = await downloadedBytes(page, () => page.getByRole("menuitem", { name: "Download" }).click());
    expect(bytes.equals(await readFile(file))).toBe(true);
  });

  it("are paused, resumed and cancelled", async () => {
    const { page } = await newcomer();
    const held = Promise.withResolvers<void>();
    await page.route("**/chunk?*", async (route) => {
      await held.promise;
      await route.continue().catch(() => undefined);
    });
    await page.getByTestId("file-input").setInputFiles([await big("one.bin"), await big("two.bin")]);
    await page.getByRole("button", { name: "Pause one.bin" }).click();
    await page.getByRole("button", { name: "Cancel two.bin" }).click();
    await page.getByRole("button", { name: "Cancel two.bin" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Resume one.bin" }).click();
    held.resolve();
    await tray(page).getByText("1 file uploaded").first().waitFor();
    await row(page, "one.bin").waitFor();
    expect(await row(page, "two.bin").count()).toBe(0);
  });

  it("of small files are stored once, though the answer was lost", async () => {
    const { page } = await newcomer();
    let asked = 0;
    await page.route("**/api/v1/files?filename=*", async (route) => {
      if (asked++ > 0) return route.continue();
      await route.fetch();
      return route.abort("connectionreset");
    });
    const path = join(app.network.folder, "small.txt");
    await writeFile(path, "thought lost");
    await page.getByTestId("file-input").setInputFiles(path);
    await tray(page).getByText("1 file uploaded").first().waitFor();
    await row(page, "small.txt").waitFor();
    expect(asked).toBe(2);
    await page.getByRole("button", { name: "Actions for small.txt" }).click();
    await page.getByRole("menuitem", { name: "Details" }).click();
    await page.getByText("This is the only one.").waitFor();
  });

  it("do not notice that the access token runs out on the way", async () => {
    const { page } = await newcomer();
    let refused = 0;
    let renewed = 0;
    await page.route("**/chunk?*", async (route) => {
      if (refused++ > 0) return route.continue();
      const error = { code: "TOKEN_EXPIRED", message: "the access token has expired" };
      return route.fulfill({ status: 401, json: { error } });
    });
    page.on("request", (request) => {
      if (request.url().endsWith("/auth/refresh")) renewed += 1;
    });
    await page.getByTestId("file-input").setInputFiles(await big("patient.bin"));
    await tray(page).getByText("1 file uploaded").first().waitFor();
    expect(renewed).toBe(1);
  });
});

describe("a session", () => {
  it("is shared by tabs, survives reloads and restarts, and leaves no token where scripts can read", async () => {
    const { page, context, email } = await newcomer();
    const { page: second } = await openPage(context, `${app.network.url}/account`);
    await second.getByText(email).waitFor();
    await Promise.all([page.reload(), second.reload()]);
    await Promise.all([page.reload(), second.reload()]);
    await page.getByText("Nothing here yet").waitFor();
    await second.getByText(email).waitFor();
    const [cookie, ...others] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/api/v1/auth" });
    expect(others).toEqual([]);
    const readable = await page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie");
    expect(readable).not.toMatch(/chr_|eyJ/);

    await app.network.coordinator.end();
    await app.network.startCoordinator();
    await page.reload();
    await page.getByText("Nothing here yet").waitFor();

    await second.getByRole("button", { name: "Sign out", exact: true }).click();
    await second.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("ends on every device", async () => {
    const { page, email } = await newcomer();
    const { page: elsewhere } = await openPage(await newContext(), app.network.url);
    await signIn(elsewhere, { email, password: "correct horse battery" });
    await page.goto(`${app.network.url}/account`);
    await page.getByText("Another device or program").waitFor();
    await page.getByRole("button", { name: "Sign out of all devices" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await elsewhere.reload();
    await elsewhere.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});

describe("a password", () => {
  it("is changed in the account; this browser stays signed in, others do not", async () => {
    const { page, email } = await newcomer();
    const { page: elsewhere } = await openPage(await newContext(), app.network.url);
    await signIn(elsewhere, { email, password: "correct horse battery" });
    await page.goto(`${app.network.url}/account`);
    await page.getByRole("button", { name: "Change password" }).click();
    const dialog = page.getByRole("dialog", { name: "Change password" });
    await dialog.getByLabel("Current password").fill("not this one");
    await dialog.getByLabel("New password", { exact: true }).fill("staple battery horse");
    await dialog.getByLabel("The new password again").fill("staple batter");
    await dialog.getByText("The two are not the same.").waitFor();
    await dialog.getByLabel("The new password again").fill("staple battery horse");
    await dialog.getByRole("button", { name: "Change it" }).click();
    await dialog.getByText("The current password is another one").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await dialog.getByLabel("Current password").fill("correct horse battery");
    await dialog.getByRole("button", { name: "Change it" }).click();
    await page.getByText("1 other login was ended").waitFor();
    await page.reload();
    await page.getByText("This browser").waitFor();
    await elsewhere.reload();
    await signIn(elsewhere, { email, password: "staple battery horse" });
  });
});

describe("hostile content", () => {
  it("never runs: names are text, pages and drawings are shown as their source or saved", async () => {
    const { page, faults } = await newcomer();
    let dialogs = 0;
    page.on("dialog", (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
    const script = "<script>alert(1)</script>";
    const name = `<img src=x onerror=alert(1)>.html`;
    const drawing = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`;
    await dropFiles(page, [
      { name, type: "text/html", text: script },
      { name: "drawing.svg", type: "image/svg+xml", text: drawing },
    ]);
    await row(page, name).dblclick();
    await page.getByRole("dialog").getByText(script).waitFor();
    await page.keyboard.press("Escape");
    await row(page, "drawing.svg").dblclick();
    await page.getByRole("dialog").getByText("alert(1)").waitFor();
    await page.keyboard.press("Escape");

    const inline = await page.evaluate(async () => {
      const header = { "x-commonhold-session": "cookie" };
      const renewed = await fetch("/api/v1/auth/refresh", { method: "POST", headers: header, body: "{}" });
      const { access_token: token } = (await renewed.json()) as { access_token: string };
      const headers = { authorization: `Bearer ${token}` };
      const list = (await (await fetch("/api/v1/files", { headers })).json()) as { items: { file_id: string }[] };
      return Promise.all(
        list.items.map(async ({ file_id: id }) => {
          const body = JSON.stringify({ disposition: "inline" });
          const made = await fetch(`/api/v1/files/${id}/ticket`, { method: "POST", headers, body });
          const { url } = (await made.json()) as { url: string };
          const answer = await fetch(url, { method: "HEAD" });
          return [
            answer.status,
            answer.headers.get("content-disposition"),
            answer.headers.get("x-content-type-options"),
          ];
        }),
      );
    });
    for (const answer of inline) expect(answer).toEqual([200, expect.stringMatching(/^attachment;/), "nosniff"]);
    expect(dialogs).toBe(0);
    expect(faults).toEqual([]);
  });
});

describe("the keyboard", () => {
  it("is enough for everything with files", async () => {
    const { page } = await newcomer();
    await dropFiles(page, [
      { name: "alpha.txt", type: "text/plain", text: "alpha's text" },
      { name: "beta.txt", type: "text/plain", text: "beta's text" },
    ]);
    await tray(page).getByText("2 files uploaded").first().waitFor();
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await press("Escape", "/");
    await page.keyboard.type("alp");
    await row(page, "beta.txt").waitFor({ state: "detached" });
    await row(page, "alpha.txt").waitFor();
    for (let tabs = 0; tabs < 20; tabs++) {
      await press("Tab");
      if ((await focusedRole(page)) === "row") break;
    }
    expect(await focusedRole(page)).toBe("row");
    await press("Enter");
    await page.getByRole("dialog", { name: "alpha.txt" }).getByText("alpha's text").waitFor();
    await press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focusedRole(page)).toBe("row");
    await press("Space", "Delete");
    await row(page, "alpha.txt").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).focus();
    await press("Enter");
    await row(page, "alpha.txt").waitFor();
  });
});
