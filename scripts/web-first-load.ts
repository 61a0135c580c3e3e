import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** What the bundler says of a script that it has made. */
export interface BuiltScript {
  readonly fileName: string;
  /** The module that it was made for; null where several share it. */
  readonly facadeModuleId: string | null;
  /** Scripts that are asked for with it. */
  readonly imports: readonly string[];
}

/** All script that is asked for from the address until a person who signed in sees their files. */
export interface FirstLoad {
  readonly scripts: readonly string[];
  /** As browsers take it over plain http to another machine. */
  readonly gzipBytes: number;
  /** As they take it over https, and from this machine. */
  readonly brotliBytes: number;
}

/** In the built folder; it is served to nobody. */
export const FIRST_LOAD_FILE = "first-load.json";

/** The way in and the files are part of the page; a browser test sees that nothing else is asked for until then. */
const PAGE = "/index.html";

export function scriptsShownFirst(built: readonly BuiltScript[]): readonly string[] {
  const byName = new Map(built.map((script) => [script.fileName, script]));
  const found = new Set<string>();
  const follow = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const next of byName.get(name)?.imports ?? []) follow(next);
  };
  const page = built.find(({ facadeModuleId }) => facadeModuleId?.replaceAll("\\", "/").endsWith(PAGE));
  if (page === undefined) throw new Error("no script is made for the page");
  follow(page.fileName);
  return [...found].sort();
}

/** Weighs the scripts as they are sent: those without a compressed copy as they are. */
export async function weighFirstLoad(folder: string, scripts: readonly string[]): Promise<FirstLoad> {
  const weigh = async (suffix: string): Promise<number> => {
    const sizes = await Promise.all(scripts.map((name) => sizeOf(join(folder, name), suffix)));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  return { scripts, gzipBytes: await weigh(".gz"), brotliBytes: await weigh(".br") };
}

async function sizeOf(path: string, suffix: string): Promise<number> {
  const copy = await stat(`${path}${suffix}`).catch(() => undefined);
  return (copy ?? (await stat(path))).size;
}

/** What the last build has noted. */
export async function readFirstLoad(folder: string): Promise<FirstLoad> {
  return JSON.parse(await readFile(join(folder, FIRST_LOAD_FILE), "utf8")) as FirstLoad;
}
