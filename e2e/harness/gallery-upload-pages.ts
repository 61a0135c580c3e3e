import { galleryPage, type GalleryPage, row } from "./gallery-page.ts";
import type { Stage } from "./gallery-stage.ts";

const FILES = [
  { name: "Minutes, scanned.pdf", bytes: 300_000 },
  { name: "Harvest.mov", bytes: 6_000_000 },
  { name: "A walk around the lake in the first days of spring.mov", bytes: 9_000_000 },
  { name: "Evening.wav", bytes: 4_000_000 },
  { name: "Orchard.mov", bytes: 8_000_000 },
] as const;
/** Of each file so many chunks pass; the others are on their way for as long as anybody looks. */
const CHUNKS_PASSING = 4;

/** Uploads at every stage: one is there, one is paused, two are under way, one waits. */
async function upload({ page, go, gallery }: Stage): Promise<void> {
  const { clientOfBen } = gallery.content;
  for await (const file of clientOfBen.files.list()) {
    if (file.filename !== "Shopping list.txt") await clientOfBen.files.remove(file.file_id);
  }
  await page.evaluate("indexedDB.deleteDatabase('commonhold')");
  await go("/files");
  await row(page, "Shopping list.txt").waitFor();
  const input = page.getByTestId("file-input");
  const given = FILES.map(({ name, bytes }) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.alloc(bytes, name),
  }));
  const tray = page.getByRole("region", { name: "Uploads" });
  await input.setInputFiles(given.slice(0, 1));
  await tray.getByText("1 file uploaded").first().waitFor();
  await page.route("**/chunk?*", async (route) => {
    const index = Number(new URL(route.request().url()).searchParams.get("index"));
    if (index < CHUNKS_PASSING) await route.continue();
  });
  await input.setInputFiles(given.slice(1));
  await tray.getByText("2.1 MB of 6.0 MB").waitFor();
  await page.getByRole("button", { name: `Pause ${FILES[1].name}` }).click();
  await page.getByRole("button", { name: `Resume ${FILES[1].name}` }).waitFor();
  for (const amounts of ["4.2 MB of 9.0 MB", "1.0 MB of 4.0 MB"]) await tray.getByText(amounts).waitFor();
}

export const UPLOAD_PAGES: readonly GalleryPage[] = [
  galleryPage({ name: "uploads", title: "Uploads under way", who: "ben", isKeptDark: true, open: upload }),
];
