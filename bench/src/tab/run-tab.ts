import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { styleText } from "node:util";
import { webFolder } from "commonhold/roles/web-folder.ts";
import type { TabOptions } from "../arguments.ts";
import { COPIES } from "../data/copies.ts";
import { startBenchNetwork } from "../network/bench-network.ts";
import { formatColumns } from "../report/format-columns.ts";
import { formatMegabytes } from "../report/format-quantity.ts";
import { sayMachine } from "../report/say-machine.ts";
import type { BenchDeps } from "../run/bench-deps.ts";
import { openTab, type Tab } from "./open-tab.ts";
import { courseOf, type TabSample } from "./tab-memory.ts";

const INTERVAL_MS = 1000;
/** Six chunks of 4 MiB that are sent at once, their copies on the way, and what the browser leaves for later to remove. */
const GROWTH_BYTES_MAX = 150_000_000;

/**
 * Sends one file of many gigabytes through the web app, and watches the memory of the tab meanwhile.
 * @returns whether it arrived and, with `strict`, the tab did not grow with it
 */
export async function runTab(deps: BenchDeps, options: TabOptions): Promise<boolean> {
  const { say, folder, signal } = deps;
  if (webFolder() === undefined) throw new Error("there is no web app to open: build it with npm start");
  await folder.requireRoom(options.bytes * (COPIES + 1));
  say(styleText("bold", "A tab's memory while it sends a large file"));
  say(`  ${options.bytes / 1e9} GB through the web app in Chromium, to a coordinator and 4 nodes as npm start`);
  sayMachine(say, deps.machine);
  const path = join(folder.path, "large.bin");
  const pieces = Readable.from(deps.bodies.next(options.bytes).pieces());
  await pipeline(pieces, createWriteStream(path), { signal });
  const network = await startBenchNetwork({ folder: join(folder.path, "network"), signal });
  try {
    const tab = await openTab(network.url, network.account);
    try {
      const samples = await watchUpload(tab, path, signal);
      for (const line of report(samples, options.bytes)) say(line);
      const { start, peak } = courseOf(samples, "rssBytes");
      return !options.strict || peak - start <= GROWTH_BYTES_MAX;
    } finally {
      await tab.close();
    }
  } finally {
    await network.stop();
    await rm(path, { force: true });
  }
}

async function watchUpload(tab: Tab, path: string, signal: AbortSignal): Promise<readonly TabSample[]> {
  const { page } = tab;
  const startedMs = performance.now();
  const samples: TabSample[] = [];
  const look = async (): Promise<void> => {
    samples.push({ seconds: (performance.now() - startedMs) / 1000, ...(await tab.sample()) });
  };
  await look();
  await page.getByTestId("file-input").setInputFiles(path);
  await page.locator(".upload").first().waitFor();
  for (;;) {
    await look();
    if ((await page.locator(".upload-done").count()) > 0) return samples;
    const failed = page.locator(".upload-failed .upload-state");
    if ((await failed.count()) > 0) throw new Error(`the upload failed: ${await failed.textContent()}`);
    await pause(INTERVAL_MS, undefined, { signal });
  }
}

function report(samples: readonly TabSample[], bytes: number): readonly string[] {
  const row = (name: string, key: "rssBytes" | "heapBytes"): string[] => {
    const { start, mean, peak, end } = courseOf(samples, key);
    return [name, ...[start, mean, peak, end].map(formatMegabytes)];
  };
  const seconds = samples.at(-1)!.seconds;
  const [head = "", ...lines] = formatColumns(
    [["MB", "start", "mean", "peak", "end"], row("tab's RSS", "rssBytes"), row("of it script", "heapBytes")],
    "lrrrr",
  );
  const rate = `${(bytes / 1e6 / seconds).toFixed(0)} MB/s`;
  return [`  sent in ${seconds.toFixed(0)} s, ${rate}`, "", styleText("dim", head), ...lines];
}
