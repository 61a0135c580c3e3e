import { takeUpEarly } from "./early/take-up-early.ts";
import { takeLinkKey } from "./link-page/link-key.ts";

const PAINT_MS_MAX = 500;

/** A small script of its own, which runs while the app's is on its way. */
takeLinkKey();
const signedIn = takeUpEarly(location);
void begin();

async function begin(): Promise<void> {
  await painted();
  void import("./main.tsx");
  // A visitor needs no rooms, but for that of a link.
  if (!location.pathname.startsWith("/shared/") && !(await signedIn)) return;
  // Where they do not come, those who ask for them are told.
  await import("./app/rooms.tsx").catch(() => undefined);
}

/** Until what the page itself shows is in sight: the app's script would hold it up. It is loaded meanwhile. */
function painted(): Promise<void> {
  if (document.visibilityState !== "visible") return Promise.resolve();
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    // A frame may not come, as where the page is hidden meanwhile.
    setTimeout(resolve, PAINT_MS_MAX);
  });
}
