import { takeUpEarly } from "./early/take-up-early.ts";
import { takeLinkKey } from "./link-page/link-key.ts";
import { firstTexts } from "./texts/first-texts.ts";

const PAINT_MS_MAX = 500;

/** A small script of its own, which runs while the app's is on its way. */
takeLinkKey();
const signedIn = takeUpEarly(location);
void begin();

async function begin(): Promise<void> {
  await painted();
  import("./main.tsx").catch(tellFailure);
  // A visitor needs no rooms, but for that of a link.
  if (!location.pathname.startsWith("/shared/") && !(await signedIn)) return;
  // Where they do not come, those who ask for them are told.
  await import("./app/rooms.tsx").catch(() => undefined);
}

/** The app's script did not come: without a word the page would wait for ever. */
function tellFailure(): void {
  const place = document.querySelector("#root > .waiting");
  const text = document.createElement("p");
  text.role = "alert";
  text.textContent = firstTexts.failed;
  const button = document.createElement("button");
  button.className = "button strong";
  button.textContent = firstTexts.again;
  button.addEventListener("click", () => location.reload());
  place?.removeAttribute("aria-busy");
  place?.append(text, button);
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
