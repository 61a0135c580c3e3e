import { once } from "node:events";
import type { StoredFile, StoredFiles } from "../arena/stored-files.ts";
import { type BenchCase, noFiles } from "./bench-case.ts";
import { FLOOR, measureInTurn } from "./measure-in-turn.ts";

const SIZE_BYTES = 1_000_000_000;

/** How long the first byte of a large file takes; the rest of it is not waited for. */
export function firstByteCase(name: string, stage: string): BenchCase {
  const what = "first byte of 1 GB";
  return {
    name,
    stage,
    summary: `${what}: within 100 ms`,
    uploads: noFiles,
    reads: (runs) => ({ sizeBytes: SIZE_BYTES, ours: runs, floor: runs }),
    run: async (context) => {
      const { ours, floor } = context.arena;
      const oursFiles = await ours.atLeast(context.runs, SIZE_BYTES);
      const floorFiles = await floor.files.atLeast(context.runs, SIZE_BYTES);
      const measure = await measureInTurn(
        context,
        { name, what, unit: "ms", referenceName: FLOOR, asked: { kind: "at-most", limit: 100 } },
        {
          ours: (run) => firstByteMs(ours, oursFiles[run]!),
          reference: (run) => firstByteMs(floor.files, floorFiles[run]!),
        },
      );
      return [measure];
    },
  };
}

async function firstByteMs(side: StoredFiles, file: StoredFile): Promise<number> {
  const startedMs = performance.now();
  const answer = await side.client.open(file.id);
  const [first] = (await once(answer, "data")) as [Buffer];
  const tookMs = performance.now() - startedMs;
  answer.destroy();
  const [expected] = file.body.pieces(0, 1);
  if (expected === undefined || first[0] !== expected[0]) throw new Error("the first byte is another one");
  return tookMs;
}
