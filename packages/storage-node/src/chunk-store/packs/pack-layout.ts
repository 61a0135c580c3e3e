import { join } from "node:path";
import type { StoreLayout } from "../store-layout.ts";

const PACK_FILE = /^([0-9]{10})\.pack$/;

/** `packs/0000000001.pack`: by number, the oldest first. */
export function packPath({ packs }: Pick<StoreLayout, "packs">, pack: number): string {
  return join(packs, `${String(pack).padStart(10, "0")}.pack`);
}

/** The number of the pack in a file of this name; undefined where it is none. */
export function packNumberOf(fileName: string): number | undefined {
  const digits = PACK_FILE.exec(fileName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
