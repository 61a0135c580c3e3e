import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { axeFindings } from "./axe-findings.ts";
import { pictureName, type Theme, THEMES } from "./gallery-page.ts";

/** What a page that is longer than the screen is shown of at most. */
const HEIGHT_MAX = 3400;
const QUALITY = 60;

export interface Look {
  /** The page's, and the pictures'. */
  readonly name: string;
  readonly width: number;
  /** The themes that pictures are kept of. */
  readonly kept: readonly Theme[];
  /** Where pictures are kept; none are without it. */
  readonly folder: string | undefined;
  /** The picture shows the whole page, however long. */
  readonly isWhole: boolean;
}

/** Looks at the page as it stands, in both themes, and keeps pictures of it. @returns what is wrong with it, a line each */
export async function lookAt(page: Page, look: Look): Promise<readonly string[]> {
  const found: string[] = [];
  const seen = page.viewportSize()!;
  // Nothing lights up under a pointer that happens to be there.
  await page.mouse.move(0, 0);
  if (look.isWhole) await page.setViewportSize({ ...seen, height: await wholeHeight(page, seen.height) });
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    const where = `${look.name} at ${look.width} pixels, ${theme}`;
    for (const finding of await axeFindings(page)) found.push(`${where}: ${finding}`);
    for (const part of await tooWide(page)) found.push(`${where}: ${part}`);
    if (look.folder !== undefined && look.kept.includes(theme)) {
      await writeFile(join(look.folder, pictureName(look.name, look.width, theme)), await picture(page));
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (look.isWhole) await page.setViewportSize(seen);
  return found;
}

/** The height at which the room does not scroll. */
async function wholeHeight(page: Page, height: number): Promise<number> {
  const hidden = await page.evaluate(`(() => {
    const content = document.querySelector(".content") ?? document.documentElement;
    return content.scrollHeight - content.clientHeight;
  })()`);
  return Math.min(HEIGHT_MAX, height + Number(hidden));
}

/** What is wider than the screen, or than the window that it stands in. */
async function tooWide(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(`["html", ".content", ".sheet", ".details", ".preview", ".popover", ".tray", ".shared"]
    .flatMap((part) => [...document.querySelectorAll(part)].map((element) => [part, element]))
    .filter(([, element]) => element.scrollWidth > element.clientWidth || element.getBoundingClientRect().right > innerWidth + 0.5)
    .map(([part, { scrollWidth, clientWidth }]) => part + " has " + scrollWidth + " pixels for " + clientWidth)`)) as string[];
}

async function picture(page: Page): Promise<Buffer> {
  const debuggerOfPage = await page.context().newCDPSession(page);
  const { data } = await debuggerOfPage.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  await debuggerOfPage.detach();
  return Buffer.from(data, "base64");
}
