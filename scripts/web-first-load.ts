import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type PlannedScript, scriptsOf } from "./web-stages.ts";

/** Scripts, and what they weigh as they are sent. */
export interface Weight {
  readonly scripts: readonly string[];
  /** As browsers take it over plain http to another machine. */
  readonly gzipBytes: number;
  /** As they take it over https, and from this machine. */
  readonly brotliBytes: number;
}

/** All script that is asked for from the address until something is in sight. */
export interface FirstLoad {
  /** The way in. */
  readonly signIn: Weight;
  /** A person who signed in sees their files; the way in included. */
  readonly files: Weight;
}

/** In the built folder; it is served to nobody. */
export const FIRST_LOAD_FILE = "first-load.json";

/** A browser test sees that nothing else is asked for until then. */
const SIGN_IN = ["/src/first.ts", "/src/main.tsx"];
const FILES = [...SIGN_IN, "/src/app/rooms.tsx"];

export async function weighFirstLoad(folder: string, built: readonly PlannedScript[]): Promise<FirstLoad> {
  return {
    signIn: await weigh(folder, namesOf(scriptsOf(built, SIGN_IN))),
    files: await weigh(folder, namesOf(scriptsOf(built, FILES))),
  };
}

function namesOf(scripts: ReadonlySet<PlannedScript>): readonly string[] {
  return [...scripts].map(({ fileName }) => fileName).sort();
}

/** Weighs the scripts as they are sent: those without a compressed copy as they are. */
async function weigh(folder: string, scripts: readonly string[]): Promise<Weight> {
  const sum = async (suffix: string): Promise<number> => {
    const sizes = await Promise.all(scripts.map((name) => sizeOf(join(folder, name), suffix)));
    return sizes.reduce((total, size) => total + size, 0);
  };
  return { scripts, gzipBytes: await sum(".gz"), brotliBytes: await sum(".br") };
}

async function sizeOf(path: string, suffix: string): Promise<number> {
  const copy = await stat(`${path}${suffix}`).catch(() => undefined);
  return (copy ?? (await stat(path))).size;
}

/** What the last build has noted. */
export async function readFirstLoad(folder: string): Promise<FirstLoad> {
  return JSON.parse(await readFile(join(folder, FIRST_LOAD_FILE), "utf8")) as FirstLoad;
}
