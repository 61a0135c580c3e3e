import { eachOf } from "./each-of.ts";
import type { BenchCase, CaseContext } from "./bench-case.ts";
import { measureInTurn } from "./measure-in-turn.ts";

const COUNT = 10_000;
const SIZE_BYTES = 200;
const IN_FLIGHT = 16;
/** As many as the web app asks for at once. */
const PAGE = 200;
/** Of every file, of some, of one, of none; one or two letters are looked for at the beginning of names. */
const SEARCHES = ["bench", "777", "bench-1234.bin", "nowhere", "be", "b", "BÈNCH-9", "in"];
const SORTS = ["name", "-name", "-created_at", "size_bytes"];

/** A folder of ten thousand files: how long its pages take wherever they lie, and finding names in it. */
export function namesCase(name: string, stage: string): BenchCase {
  return {
    name,
    stage,
    summary: "10,000 files in a folder: any page of the list and any search within 100 ms, the slowest of them counted",
    uploads: () => ({ sizeBytes: SIZE_BYTES, ours: COUNT, floor: 0 }),
    reads: () => ({ sizeBytes: SIZE_BYTES, ours: COUNT, floor: 0 }),
    run: async (context) => {
      const { ours } = context.arena;
      context.say(`${COUNT.toLocaleString("en")} files on their way`);
      await eachOf(new Array<number>(COUNT).fill(SIZE_BYTES), IN_FLIGHT, (size) => ours.upload(size));
      const outline = { unit: "ms", referenceName: "an empty answer", asked: { kind: "at-most", limit: 100 } } as const;
      const reference = () => slowestMs(context, new Array<string>(SEARCHES.length).fill("/health"));
      const cursors = await walk(context);
      const list = await measureInTurn(
        context,
        { ...outline, name: `${name}-list`, what: `a page of ${PAGE} of 10,000 files` },
        {
          reference,
          ours: () =>
            slowestMs(context, [
              ...SORTS.map((sort) => listPath(sort)),
              ...cursors.map((cursor) => listPath("name", cursor)),
            ]),
        },
      );
      const search = await measureInTurn(
        context,
        { ...outline, name: `${name}-search`, what: "a search among 10,000 names" },
        {
          reference,
          ours: () =>
            slowestMs(
              context,
              SEARCHES.map((text) => `/api/v1/search?limit=50&q=${encodeURIComponent(text)}`),
            ),
        },
      );
      return [list, search];
    },
  };
}

function listPath(sort: string, cursor?: string): string {
  const at = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
  return `/api/v1/files?folder=root&limit=${PAGE}&sort=${sort}${at}`;
}

interface Page {
  readonly items: readonly unknown[];
  readonly next_cursor: string | null;
}

/** Goes through the whole list. @returns where every tenth page begins */
async function walk({ arena }: CaseContext): Promise<readonly string[]> {
  const { session } = arena.network;
  const cursors: string[] = [];
  let files = 0;
  for (let cursor: string | undefined; ; ) {
    const page: Page = await session.get<Page>(listPath("name", cursor));
    files += page.items.length;
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
    cursors.push(cursor);
  }
  if (files < COUNT) throw new Error(`the list has ${files} files, not ${COUNT}`);
  return cursors.filter((_, index) => index % 10 === 9);
}

/** One after the other, as a person asks. */
async function slowestMs({ arena }: CaseContext, paths: readonly string[]): Promise<number> {
  let slowest = 0;
  for (const path of paths) {
    const startedMs = performance.now();
    await arena.network.session.get(path);
    slowest = Math.max(slowest, performance.now() - startedMs);
  }
  return slowest;
}
