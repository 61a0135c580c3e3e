import type { Locator, Page } from "playwright-core";
import type { Stage } from "./gallery-stage.ts";
import { waitUntil } from "./wait-until.ts";

export const WIDTHS = [360, 768, 1440] as const;
export type Width = (typeof WIDTHS)[number];
export const THEMES = ["light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export type Phase = "calm" | "trouble";

/** A page, window or state of the app that is looked at. */
export interface GalleryPage {
  /** The beginning of its pictures' names. */
  readonly name: string;
  /** In the table of pictures. */
  readonly title: string;
  readonly who: "ada" | "ben" | "nobody";
  /** Whether all is well in the network meanwhile. */
  readonly phase: Phase;
  /** Pictures are kept in the dark theme too. */
  readonly isKeptDark: boolean;
  /** Pictures show all of it, however long it is. */
  readonly isWhole: boolean;
  /** Goes there and waits until all of it is there. */
  readonly open: (stage: Stage) => Promise<void>;
}

type Given = Pick<GalleryPage, "name" | "title" | "open"> & Partial<GalleryPage>;

export const galleryPage = (page: Given): GalleryPage => ({
  who: "ada",
  phase: "calm",
  isKeptDark: false,
  isWhole: false,
  ...page,
});

export const themesKept = (page: GalleryPage): readonly Theme[] => (page.isKeptDark ? ["light", "dark"] : ["light"]);

export const row = (page: Page, name: string): Locator => page.getByRole("row", { name, exact: true });
export const dialog = (page: Page): Locator => page.getByRole("dialog");

/** Goes to a folder, as a list, with the details shut, and waits for an entry. */
export async function goToFiles(stage: Stage, path: string, entry: string): Promise<void> {
  await stage.page.evaluate("localStorage.clear()").catch(() => undefined);
  await stage.go(`/files${path}`);
  // What moves the rows is there a moment later, and lays them out anew.
  await row(stage.page, entry).and(stage.page.locator("[draggable=true]")).waitFor();
}

/** Shows the details of a file of the list; on a phone there is a key for it, and no button. */
export async function showDetails({ page, width }: Stage, name: string): Promise<void> {
  await row(page, name).click();
  if (width < 640) await page.keyboard.press("i");
  else await page.getByRole("button", { name: "Details", exact: true }).click();
}

/** An element, of whose types a program of Node.js knows none. */
interface Scrolled {
  scrollIntoView(how: { readonly block: "center" }): void;
}

/** Chooses from the menu of an entry of the list; a list that is laid out anew may close the menu. */
export async function choose(page: Page, name: string, action: string): Promise<void> {
  const button = page.getByRole("button", { name: `Actions for ${name}`, exact: true });
  const item = page.getByRole("menuitem", { name: action, exact: true });
  // Not beneath the button to upload.
  await button.evaluate((element) => (element as unknown as Scrolled).scrollIntoView({ block: "center" }));
  await waitUntil(`"${action}" of ${name}`, async () => {
    // While the menu is open, the button is not there for anybody.
    if (!(await item.isVisible())) await button.click({ timeout: 3000 });
    await item.click({ timeout: 3000 });
    return true;
  });
}

export const pictureName = (name: string, width: number, theme: Theme): string =>
  `${name}-${width}${theme === "dark" ? "-dark" : ""}.webp`;

/** Waits until an expression holds in the page; by the debugger, as the page's policy allows no evaluation. */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  await waitUntil(expression, async () => Boolean(await page.evaluate(expression)), 20_000);
}
