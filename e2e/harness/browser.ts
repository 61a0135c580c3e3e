import sparticuz from "@sparticuz/chromium";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { buildWeb, isWebCurrent } from "../../scripts/web-build.ts";
import { type Account, TestNetwork } from "./test-network.ts";

/** Tests sign in more often than people do. */
const MANY_LOGINS = {
  COMMONHOLD_COORDINATOR_ACCOUNTS_LOGINS_PER_ADDRESS_PER_MINUTE: "1000",
  COMMONHOLD_COORDINATOR_ACCOUNTS_REGISTRATIONS_PER_ADDRESS_PER_MINUTE: "1000",
};
/** A node that was cut off is back with its next report: half a minute of nothing, with the usual pauses. */
const MANY_REPORTS = { COMMONHOLD_COORDINATOR_NODES_HEARTBEAT_INTERVAL_MS: "5000" };
const SETTINGS = { ...MANY_LOGINS, ...MANY_REPORTS };
/** No switch that weakens the browser's own rules: they are what is tested. */
const SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"];

export interface WebApp {
  readonly network: TestNetwork;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** The built web app, a network that serves it, and a real browser. */
export async function openWebApp(nodeCount = 3): Promise<WebApp> {
  if (!isWebCurrent()) await buildWeb();
  const [network, browser] = await Promise.all([
    TestNetwork.start(nodeCount, { envOf: (role) => (role === "coordinator" ? SETTINGS : {}) }),
    openBrowser(),
  ]);
  return {
    network,
    browser,
    close: async () => {
      await browser.close();
      await network.stop();
    },
  };
}

async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await sparticuz.executablePath(), args: SWITCHES, headless: true });
}

/** A page, and what went wrong in it: scripts' errors, the policy's refusals, answers that failed. */
export interface WatchedPage {
  readonly page: Page;
  readonly faults: string[];
}

export async function openPage(context: BrowserContext, address: string): Promise<WatchedPage> {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // Whoever has no session yet is told so by a 401, which the browser prints.
    const isExpected = message.text().includes("401 (Unauthorized)");
    if (message.type() === "error" && !isExpected) faults.push(message.text());
  });
  await page.goto(address);
  return { page, faults };
}

export async function signIn(page: Page, { email, password }: Account): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("navigation", { name: "Rooms" }).waitFor();
}

/** Signs up as somebody new. */
export async function signUp(page: Page, email: string): Promise<Account> {
  const account = { email, password: "correct horse battery" };
  await page.getByRole("button", { name: "New here?" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Create an account", exact: true }).click();
  await page.getByRole("navigation", { name: "Rooms" }).waitFor();
  return account;
}

export interface DroppedFile {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** Drops files onto the page, as from the person's desktop. */
export async function dropFiles(page: Page, files: readonly DroppedFile[]): Promise<void> {
  // As text: what runs in the page has the browser's types, this file has Node.js's.
  const data = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    for (const { name, type, text } of ${JSON.stringify(files)}) {
      transfer.items.add(new File([text], name, { type, lastModified: 1000 }));
    }
    return transfer;
  })()`);
  await page.dispatchEvent("body", "dragover", { dataTransfer: data });
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

/** Drops files and folders of this machine's disk onto the page, as a person does: the browser reads them by itself. */
export async function dropPaths(page: Page, paths: readonly string[]): Promise<void> {
  const debuggerOfPage = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize()!;
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await debuggerOfPage.send("Input.dispatchDragEvent", { type, x: width / 2, y: height / 2, data });
  }
  await debuggerOfPage.detach();
}
