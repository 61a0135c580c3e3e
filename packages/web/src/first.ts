import { takeUpEarly } from "./early/take-up-early.ts";
import { takeLinkKey } from "./link-page/link-key.ts";

/** A small script of its own, which runs while the app's is on its way. */
takeLinkKey();
const signedIn = takeUpEarly(location);
// A script that does not come is missed, and told of, where it is used.
const ignore = () => undefined;
void import("./main.tsx");
if (location.pathname.startsWith("/shared/")) void import("./app/rooms.tsx").catch(ignore);
else void signedIn.then((isIn) => (isIn ? import("./app/rooms.tsx") : undefined)).catch(ignore);
