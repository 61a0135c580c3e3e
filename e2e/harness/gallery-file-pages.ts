import { LOCKED_PASSWORD, MINUTES_NAME } from "./gallery-content.ts";
import {
  choose,
  dialog,
  galleryPage,
  type GalleryPage,
  goToFiles,
  row,
  showDetails,
  untilTrue,
} from "./gallery-page.ts";
import type { Stage } from "./gallery-stage.ts";
import { waitUntil } from "./wait-until.ts";

const PICTURE = "Lake at dusk.jpg";

async function goToDetails(stage: Stage): Promise<void> {
  await goToFiles(stage, "", MINUTES_NAME);
  await showDetails(stage, MINUTES_NAME);
  const details = stage.page.getByRole("complementary", { name: "Details" });
  await details.getByText("Version 3", { exact: true }).waitFor();
  await details.getByText(/on disks now/).waitFor();
  await details.getByText(/downloads left/).waitFor();
}

/** Waits for the picture, the film or the sound that is shown. */
async function preview(stage: Stage, name: string, isThere: string): Promise<void> {
  await goToFiles(stage, "", name);
  const heading = dialog(stage.page).getByRole("heading", { name });
  await waitUntil(`the preview of ${name}`, async () => {
    // A list that is laid out anew moves its rows from under the pointer.
    if (!(await heading.isVisible())) await row(stage.page, name).dblclick({ timeout: 3000 });
    await heading.waitFor({ timeout: 3000 });
    return true;
  });
  await untilTrue(stage.page, isThere);
}

const filesPages: readonly GalleryPage[] = [
  galleryPage({
    name: "files",
    title: "Files, as a list",
    isKeptDark: true,
    open: (stage) => goToFiles(stage, "", MINUTES_NAME),
  }),
  galleryPage({
    name: "grid",
    title: "Files, as tiles",
    open: async (stage) => {
      await goToFiles(stage, "/Photos", "Heather.jpg");
      await stage.page.getByRole("radio", { name: "Grid" }).click();
      await row(stage.page, "Heather.jpg").and(stage.page.locator("[draggable=true]")).waitFor();
    },
  }),
  galleryPage({
    name: "selection",
    title: "Several selected",
    open: async (stage) => {
      await goToFiles(stage, "/Photos", "Heather.jpg");
      await row(stage.page, "Heather.jpg").click();
      await row(stage.page, "Last light.jpg").click({ modifiers: ["ControlOrMeta"] });
      await row(stage.page, "The far side.jpg").click({ modifiers: ["ControlOrMeta"] });
      await stage.page.getByText("3 items selected").first().waitFor();
    },
  }),
  galleryPage({
    name: "folder-empty",
    title: "An empty folder",
    open: async ({ go, page }) => {
      await go("/files/Empty for now");
      await page.getByText("This folder is empty").waitFor();
    },
  }),
  galleryPage({
    name: "folder-deep",
    title: "A folder in folders",
    open: (stage) => goToFiles(stage, "/Allotment/Seed orders", "Order of February.csv"),
  }),
  galleryPage({
    name: "menu",
    title: "What can be done with a file",
    open: async (stage) => {
      await goToFiles(stage, "", PICTURE);
      await stage.page.getByRole("button", { name: `Actions for ${PICTURE}` }).click();
      await stage.page.getByRole("menuitem", { name: "Share…" }).waitFor();
    },
  }),
  galleryPage({
    name: "details",
    title: "Details: health, copies, versions, links",
    isKeptDark: true,
    open: goToDetails,
  }),
  galleryPage({
    name: "places",
    title: "Details: where the bytes lie",
    open: async (stage) => {
      await goToDetails(stage);
      await stage.page.getByRole("button", { name: "Where its bytes lie" }).click();
      await stage.page.getByText("Part 1", { exact: true }).waitFor();
      await stage.page.locator(".places").scrollIntoViewIfNeeded();
    },
  }),
];

const windows: readonly GalleryPage[] = [
  galleryPage({
    name: "new-folder",
    title: "A new folder",
    open: async (stage) => {
      await goToFiles(stage, "", PICTURE);
      await stage.page.keyboard.press("n");
      await dialog(stage.page).getByLabel("Name").fill("Recipes");
    },
  }),
  galleryPage({
    name: "rename",
    title: "Renaming in place",
    open: async (stage) => {
      await goToFiles(stage, "", PICTURE);
      await choose(stage.page, PICTURE, "Rename");
      await stage.page.getByRole("textbox", { name: `New name of ${PICTURE}` }).waitFor();
    },
  }),
  galleryPage({
    name: "move",
    title: "Moving",
    open: async (stage) => {
      await goToFiles(stage, "", PICTURE);
      await choose(stage.page, PICTURE, "Move");
      const window = dialog(stage.page);
      await window.getByRole("row", { name: "Allotment", exact: true }).click();
      await stage.page.keyboard.press("ArrowRight");
      await window.getByRole("row", { name: "Seed orders", exact: true }).click();
      await window.getByRole("button", { name: "Move to Seed orders" }).waitFor();
    },
  }),
  galleryPage({
    name: "share",
    title: "Sharing by a link",
    open: async (stage) => {
      await goToFiles(stage, "", PICTURE);
      await choose(stage.page, PICTURE, "Share…");
      await dialog(stage.page).getByText("/shared/").first().waitFor();
      await dialog(stage.page).getByLabel("Password").fill(LOCKED_PASSWORD);
    },
  }),
  galleryPage({
    name: "keys",
    title: "The list of keys",
    open: async (stage) => {
      await goToFiles(stage, "", PICTURE);
      await stage.page.keyboard.press("?");
      await dialog(stage.page).getByText("Search all files").waitFor();
    },
  }),
];

const previews: readonly GalleryPage[] = [
  galleryPage({
    name: "preview-image",
    title: "A picture",
    open: (stage) => preview(stage, PICTURE, "document.querySelector('img.preview-media')?.naturalWidth > 0"),
  }),
  galleryPage({
    name: "preview-film",
    title: "A film",
    open: async (stage) => {
      await preview(stage, "Spring concert.webm", "document.querySelector('video')?.readyState >= 2");
      await stage.page.evaluate("document.querySelector('video').currentTime = 1.5");
      // Nothing turns in its middle any more.
      await untilTrue(
        stage.page,
        "(({ seeking, readyState }) => !seeking && readyState > 3)(document.querySelector('video'))",
      );
    },
  }),
  galleryPage({
    name: "preview-sound",
    title: "A sound",
    open: (stage) => preview(stage, "Second verse, rehearsal.wav", "document.querySelector('audio')?.readyState >= 1"),
  }),
  galleryPage({
    name: "preview-text",
    title: "A text",
    open: (stage) =>
      preview(stage, MINUTES_NAME, "document.querySelector('pre')?.textContent.includes('Next meeting')"),
  }),
  galleryPage({
    name: "preview-pdf",
    title: "A PDF, where the browser shows none",
    open: (stage) => preview(stage, "House rules.pdf", "document.querySelector('.preview-none') !== null"),
  }),
];

export const FILE_PAGES: readonly GalleryPage[] = [...filesPages, ...windows, ...previews];
