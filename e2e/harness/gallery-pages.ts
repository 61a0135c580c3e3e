import { FILE_PAGES } from "./gallery-file-pages.ts";
import { LINK_PAGES } from "./gallery-link-pages.ts";
import type { GalleryPage } from "./gallery-page.ts";
import { ROOM_PAGES } from "./gallery-room-pages.ts";
import { UPLOAD_PAGES } from "./gallery-upload-pages.ts";

/** Every page and window of the web app, in the order in which they are shown. */
export const GALLERY_PAGES: readonly GalleryPage[] = [...FILE_PAGES, ...UPLOAD_PAGES, ...LINK_PAGES, ...ROOM_PAGES];
