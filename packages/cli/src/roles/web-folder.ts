import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../../web/dist", import.meta.url));

/** The built web app; undefined where it was not built. */
export function webFolder(): string | undefined {
  return existsSync(join(DIST, "index.html")) ? DIST : undefined;
}
