import { readFileSync } from "node:fs";

/** Of this package, which is that of the whole program. */
export function commonholdVersion(): string {
  const path = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
