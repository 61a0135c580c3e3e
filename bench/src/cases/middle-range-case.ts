import type { StoredFile, StoredFiles } from "../arena/stored-files.ts";
import type { Part } from "../http/file-client.ts";
import { type BenchCase, noFiles } from "./bench-case.ts";
import { measureInTurn } from "./measure-in-turn.ts";

const SIZE_BYTES = 1_000_000_000;
const PART_BYTES = 10_000_000;
const START: Part = { start: 0, end: PART_BYTES };
const MIDDLE: Part = { start: SIZE_BYTES / 2, end: SIZE_BYTES / 2 + PART_BYTES };
/** What else the machine does would show in a single request of a few milliseconds. */
const REQUESTS_PER_SAMPLE = 5;
/** What "as fast" leaves to chance. */
const RATIO_MAX = 1.1;

/** Ten megabytes from the middle of a large file, compared with the same from its start. */
export function middleRangeCase(name: string, stage: string): BenchCase {
  const what = "10 MB from the middle of 1 GB";
  return {
    name,
    stage,
    summary: `${what}: as fast as from its start (${RATIO_MAX} times at most)`,
    uploads: noFiles,
    reads: (runs) => ({ sizeBytes: SIZE_BYTES, ours: runs, floor: 0 }),
    run: async (context) => {
      const { ours } = context.arena;
      const files = await ours.atLeast(context.runs, SIZE_BYTES);
      await readPart(ours, files[0]!, { start: PART_BYTES * 2, end: PART_BYTES * 3 });
      const measure = await measureInTurn(
        context,
        { name, what, unit: "ms", referenceName: "start", asked: { kind: "ratio-at-most", limit: RATIO_MAX } },
        {
          ours: (run) => msOfPart(ours, files[run]!, MIDDLE),
          reference: (run) => msOfPart(ours, files[run]!, START),
        },
      );
      for (const part of [START, MIDDLE]) await readPart(ours, files[0]!, part);
      return [measure];
    },
  };
}

async function msOfPart(side: StoredFiles, file: StoredFile, part: Part): Promise<number> {
  const startedMs = performance.now();
  for (let request = 0; request < REQUESTS_PER_SAMPLE; request++) {
    const { bytes } = await side.client.download(file.id, { part });
    if (bytes !== part.end - part.start) throw new Error(`${bytes} bytes came of a range of ${PART_BYTES}`);
  }
  return (performance.now() - startedMs) / REQUESTS_PER_SAMPLE;
}

async function readPart(side: StoredFiles, file: StoredFile, part: Part): Promise<void> {
  const { digest } = await side.client.download(file.id, { part, hash: true });
  if (digest !== file.body.digest(part.start, part.end)) throw new Error("a range came back changed");
}
