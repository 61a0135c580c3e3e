import type { StoredFile, StoredFiles } from "../arena/stored-files.ts";
import { type BenchCase, noFiles } from "./bench-case.ts";
import { eachOf } from "./each-of.ts";
import { FLOOR, measureInTurn, type MeasureOutline, seconds } from "./measure-in-turn.ts";

const COUNT = 1000;
const SIZE_BYTES = 10_000;
const IN_FLIGHT = 16;
/** One and a half times what the coordinator keeps of small chunks (`limits.chunk_cache_bytes`), in files that it keeps. */
const DISPLACING = { count: 400, sizeBytes: 60_000 };

/**
 * Many small files up and then down again, several at a time: first files that the coordinator does not have in memory,
 * then files that it has.
 */
export function smallFilesCase(name: string, stage: string): BenchCase {
  return {
    name,
    stage,
    summary:
      "1,000 files of 10 KB up and down, from nodes and from memory, 16 in flight: at most 3 times the floor's time",
    uploads: (runs) => ({ sizeBytes: SIZE_BYTES, ours: runs * COUNT, floor: runs * COUNT }),
    reads: noFiles,
    run: async (context) => {
      const { ours, floor } = context.arena;
      const oursFiles: (readonly StoredFile[])[] = [];
      const floorFiles: (readonly StoredFile[])[] = [];
      const up = await measureInTurn(context, outline(`${name}-up`, "up"), {
        ours: () => seconds(async () => oursFiles.push(await uploadAll(ours))),
        reference: () => seconds(async () => floorFiles.push(await uploadAll(floor.files))),
      });
      await uploadAll(ours, DISPLACING);
      // Each run reads files that were never read before.
      const cold = await measureInTurn(context, outline(`${name}-down`, "down from nodes"), {
        ours: (run) => seconds(() => downloadAll(ours, oursFiles[run]!)),
        reference: (run) => seconds(() => downloadAll(floor.files, floorFiles[run]!)),
      });
      const warm = await measureInTurn(context, outline(`${name}-down-again`, "down from memory"), {
        ours: () => seconds(() => downloadAll(ours, oursFiles.at(-1)!)),
        reference: () => seconds(() => downloadAll(floor.files, floorFiles.at(-1)!)),
      });
      await verifyAll(ours, oursFiles[0]!);
      await verifyAll(floor.files, floorFiles[0]!);
      return [up, cold, warm];
    },
  };
}

function outline(name: string, way: string): MeasureOutline {
  return {
    name,
    what: `1,000 × 10 KB ${way}, 16 in flight`,
    unit: "s",
    referenceName: FLOOR,
    asked: { kind: "ratio-at-most", limit: 3 },
  };
}

function uploadAll(
  side: StoredFiles,
  { count, sizeBytes } = { count: COUNT, sizeBytes: SIZE_BYTES },
): Promise<readonly StoredFile[]> {
  return eachOf(new Array<number>(count).fill(sizeBytes), IN_FLIGHT, (size) => side.upload(size));
}

async function downloadAll(side: StoredFiles, files: readonly StoredFile[]): Promise<void> {
  await eachOf(files, IN_FLIGHT, (file) => side.download(file));
}

async function verifyAll(side: StoredFiles, files: readonly StoredFile[]): Promise<void> {
  await eachOf(files, IN_FLIGHT, (file) => side.verify(file));
}
