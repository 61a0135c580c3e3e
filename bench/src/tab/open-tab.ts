import sparticuz from "@sparticuz/chromium";
import { chromium, type Page } from "playwright-core";
import type { BenchNetwork } from "../network/bench-network.ts";
import { memoryOf } from "../processes/proc-files.ts";
import type { TabSample } from "./tab-memory.ts";

const SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];

/** The web app in a browser, with somebody signed in, who sees their files. */
export interface Tab {
  readonly page: Page;
  sample(): Promise<Omit<TabSample, "seconds">>;
  close(): Promise<void>;
}

export async function openTab(address: string, { email, password }: BenchNetwork["account"]): Promise<Tab> {
  const browser = await chromium.launch({ executablePath: await sparticuz.executablePath(), args: SWITCHES });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
    // What the page loads for later is there before anything is measured.
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
    const pid = await rendererOf(page);
    const debuggerOfPage = await page.context().newCDPSession(page);
    await debuggerOfPage.send("Performance.enable");
    await debuggerOfPage.send("HeapProfiler.collectGarbage");
    return {
      page,
      sample: async () => {
        const { metrics } = await debuggerOfPage.send("Performance.getMetrics");
        const memory = memoryOf(pid);
        if (memory === undefined) throw new Error("the system does not tell of the tab's process, or it is gone");
        return {
          rssBytes: memory.rssBytes,
          heapBytes: metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN,
        };
      },
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** The process that runs the page: with one page open, the largest of its kind. */
async function rendererOf(page: Page): Promise<number> {
  const debuggerOfBrowser = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await debuggerOfBrowser.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  const [largest] = renderers.sort((a, b) => (memoryOf(b)?.rssBytes ?? 0) - (memoryOf(a)?.rssBytes ?? 0));
  if (largest === undefined) throw new Error("the browser tells of no process that runs the page");
  return largest;
}
