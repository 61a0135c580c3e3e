import { LOCKED_PASSWORD } from "./gallery-content.ts";
import { dialog, galleryPage, type GalleryPage, row, untilTrue } from "./gallery-page.ts";
import type { Stage } from "./gallery-stage.ts";

async function enter({ page }: Stage, password: string): Promise<void> {
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Open" }).click();
}

const waitForPicture = ({ page }: Stage) =>
  untilTrue(page, "document.querySelector('.shared-preview img')?.naturalWidth > 0");

const openedLinks: readonly GalleryPage[] = [
  galleryPage({
    name: "link",
    title: "A link to a picture",
    who: "nobody",
    isKeptDark: true,
    open: async (stage) => {
      await stage.go(stage.gallery.content.links.plain);
      await waitForPicture(stage);
    },
  }),
  galleryPage({
    name: "link-password",
    title: "A link with a password",
    who: "nobody",
    open: async (stage) => {
      await stage.go(stage.gallery.content.links.locked);
      await enter(stage, "Puffin");
      await stage.page.getByText("That is not the password.").waitFor();
    },
  }),
  galleryPage({
    name: "link-text",
    title: "A text, after its password",
    who: "nobody",
    open: async (stage) => {
      await stage.go(stage.gallery.content.links.locked);
      await enter(stage, LOCKED_PASSWORD);
      await stage.page.getByText("Dear Margaret").waitFor();
    },
  }),
  galleryPage({
    name: "link-counted",
    title: "A link for so many downloads",
    who: "nobody",
    open: async ({ go, page, gallery }) => {
      await go(gallery.content.links.counted);
      await page.getByText("5 downloads left").waitFor();
    },
  }),
  galleryPage({
    name: "link-sealed",
    title: "A sealed file, opened by the key in its link",
    who: "nobody",
    open: async (stage) => {
      await stage.go(stage.gallery.content.sealedLink);
      await stage.page.getByRole("heading", { name: "Heather.jpg" }).waitFor();
      await waitForPicture(stage);
    },
  }),
  galleryPage({
    name: "link-no-key",
    title: "A sealed file without its key",
    who: "nobody",
    open: async (stage) => {
      await stage.page.evaluate("sessionStorage.clear()").catch(() => undefined);
      await stage.go(stage.gallery.content.sealedLink.split("#")[0]!);
      await stage.page.getByRole("heading", { name: "The key is missing" }).waitFor();
    },
  }),
  galleryPage({
    name: "link-nowhere",
    title: "A link that leads nowhere",
    who: "nobody",
    open: async ({ go, page }) => {
      await go(`/shared/${"a".repeat(30)}`);
      await page.getByRole("heading", { name: "This link leads nowhere" }).waitFor();
    },
  }),
];

async function goToShares({ go, page }: Stage): Promise<void> {
  await go("/shares");
  await row(page, "Lake at dusk.jpg")
    .or(page.getByRole("rowheader", { name: "Lake at dusk.jpg" }))
    .first()
    .waitFor();
}

async function seal(stage: Stage): Promise<void> {
  const { page } = stage;
  await goToShares(stage);
  await page.getByRole("button", { name: "Share a sealed file…" }).click();
  const file = { name: "Will.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(180_000, "will") };
  await page.getByTestId("seal-input").setInputFiles(file);
  await dialog(page).getByText("Will.pdf").waitFor();
}

const ownLinks: readonly GalleryPage[] = [
  galleryPage({ name: "shares", title: "Links given out", open: goToShares }),
  galleryPage({
    name: "share-take-back",
    title: "Taking a link back",
    open: async (stage) => {
      await goToShares(stage);
      await stage.page.getByRole("button", { name: "Take back the link to Lake at dusk.jpg" }).click();
      await stage.page.getByRole("button", { name: "Keep it" }).scrollIntoViewIfNeeded();
    },
  }),
  galleryPage({ name: "seal", title: "Sharing a sealed file", open: seal }),
  galleryPage({
    name: "sealed-link",
    title: "A sealed link, shown once",
    open: async (stage) => {
      await seal(stage);
      await stage.page.getByRole("button", { name: "Seal and upload" }).click();
      await stage.page.getByRole("button", { name: "I have kept it" }).waitFor();
    },
  }),
];

export const LINK_PAGES: readonly GalleryPage[] = [...ownLinks, ...openedLinks];
