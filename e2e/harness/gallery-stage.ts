import sparticuz from "@sparticuz/chromium";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { buildWeb, isWebCurrent } from "../../scripts/web-build.ts";
import { openPage, signIn, type WatchedPage } from "./browser.ts";
import { stopClock } from "./gallery-clock.ts";
import { fillNetwork, type GalleryContent } from "./gallery-content.ts";
import { makeMedia } from "./gallery-media.ts";
import type { Width } from "./gallery-page.ts";
import { runCommand } from "./role-process.ts";
import { type Account, TestNetwork } from "./test-network.ts";
import { waitUntil } from "./wait-until.ts";

/** The address in every picture; browsers trust it as they trust this machine. */
const HOST = "commonhold.localhost";
const ADDRESS = `http://${HOST}`;
const SETTINGS = {
  COMMONHOLD_COORDINATOR_ACCOUNTS_LOGINS_PER_ADDRESS_PER_MINUTE: "1000",
  COMMONHOLD_COORDINATOR_ACCOUNTS_REGISTRATIONS_PER_ADDRESS_PER_MINUTE: "1000",
  COMMONHOLD_COORDINATOR_ACCOUNTS_FIRST_ACCOUNT_EMAIL: "ada@example.org",
  COMMONHOLD_COORDINATOR_HTTP_PUBLIC_URL: ADDRESS,
  // A node that falls silent is noticed at once, and stays no more than silent.
  COMMONHOLD_COORDINATOR_NODES_HEARTBEAT_INTERVAL_MS: "2000",
  COMMONHOLD_COORDINATOR_NODES_OFFLINE_AFTER_S: "86400",
};
const NODES = ["attic", "bakery", "boathouse", "cellar", "library", "school"];
const SILENT = "school";
const LEAVING = "boathouse";
/** So little that copies are still being made when the last picture is taken. */
const REPAIR_BYTES_PER_SECOND = 262_144;

const HEIGHTS: Readonly<Record<Width, number>> = { 360: 740, 768: 1024, 1440: 900 };

/** A page of a browser at one width, and what can be done there. */
export interface Stage extends WatchedPage {
  readonly width: Width;
  readonly gallery: Gallery;
  /** Loads the address anew. */
  go(path: string): Promise<void>;
}

/** A network with believable content, and a browser to look at it. */
export class Gallery {
  readonly network: TestNetwork;
  readonly content: GalleryContent;
  readonly #browser: Browser;
  readonly #stages: BrowserContext[] = [];

  private constructor(network: TestNetwork, browser: Browser, content: GalleryContent) {
    this.network = network;
    this.#browser = browser;
    this.content = content;
  }

  static async open(): Promise<Gallery> {
    if (!isWebCurrent()) await buildWeb();
    const network = await TestNetwork.start(0, { envOf: (role) => (role === "coordinator" ? SETTINGS : {}) });
    const browser = await chromium.launch({
      executablePath: await sparticuz.executablePath(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--font-render-hinting=none",
        `--host-resolver-rules=MAP ${HOST}:80 127.0.0.1:${network.port}`,
      ],
      headless: true,
    });
    try {
      for (const name of NODES) await network.addNode(name);
      await network.waitForActive(NODES.length);
      const content = await fillNetwork(network, await makeMedia(browser));
      await startAgain(network);
      return new Gallery(network, browser, content);
    } catch (error) {
      await browser.close();
      await network.stop();
      throw error;
    }
  }

  /** @param who signed in; nobody where it is not given */
  async stage(width: Width, who?: Account): Promise<Stage> {
    const context = await this.#browser.newContext({
      viewport: { width, height: HEIGHTS[width] },
      colorScheme: "light",
      reducedMotion: "reduce",
      timezoneId: "UTC",
      locale: "en-GB",
      serviceWorkers: "block",
    });
    this.#stages.push(context);
    await stopClock(context);
    const watched = await openPage(context, ADDRESS);
    const { page } = watched;
    page.on("dialog", (dialog) => void dialog.accept());
    if (who !== undefined) await signIn(page, who);
    return { ...watched, width, gallery: this, go: (path) => goTo(page, path) };
  }

  /** The id of a node, by its name. */
  async nodeId(name: string): Promise<string> {
    const nodes = await this.network.listNodes();
    return nodes.find((node) => node.name === name)!.id;
  }

  /** From now on one node is silent, and another leaves, slowly. */
  async makeTrouble(): Promise<void> {
    const client = await this.network.client();
    await client.jobs.setThrottle("repair", { bytesPerSecond: REPAIR_BYTES_PER_SECOND });
    await this.network.node(SILENT).end("SIGKILL");
    const { code, stderr } = await runCommand(["node", "drain", "--data", this.network.nodeFolder(LEAVING)]);
    if (code !== 0) throw new Error(`${LEAVING} could not be drained: ${stderr}`);
    await waitUntil("a silent node and one that leaves", async () => {
      const nodes = await this.network.listNodes();
      const states = nodes.map((node) => node.status as string);
      return states.includes("suspect") && states.includes("draining");
    });
  }

  async close(): Promise<void> {
    for (const context of this.#stages) await context.close();
    await this.#browser.close();
    await this.network.stop();
  }
}

/** Has the coordinator read what was changed beneath it, and look at all parts and nodes. */
async function startAgain(network: TestNetwork): Promise<void> {
  await network.coordinator.end();
  await network.startCoordinator();
  await network.waitForActive(NODES.length);
  await waitUntil("every part to be looked at", async () => {
    const { swept_at, brake } = await (await network.client()).repair.status();
    return swept_at !== null && brake === null;
  });
}

async function goTo(page: Page, path: string): Promise<void> {
  // Otherwise an address that differs in its # alone is no other page.
  await page.goto("about:blank");
  await page.goto(path.startsWith("http") ? path : `${ADDRESS}${path}`);
}
