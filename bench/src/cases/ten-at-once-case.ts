import type { StoredFile } from "../arena/stored-files.ts";
import { type BenchCase, noFiles } from "./bench-case.ts";
import { type MeasureOutline, measureInTurn, seconds } from "./measure-in-turn.ts";

const AT_ONCE = 10;
const SIZE_BYTES = 100_000_000;
const MEGABYTE = 1_000_000;

/** The throughput of ten uploads together, compared with one alone. */
export function tenUploadsCase(name: string, stage: string): BenchCase {
  return {
    name,
    stage,
    summary: "ten uploads of 100 MB at once: together at least 0.9 of one's throughput",
    uploads: (runs) => ({ sizeBytes: SIZE_BYTES, ours: runs * (AT_ONCE + 1), floor: 0 }),
    reads: noFiles,
    run: async (context) => {
      const { ours } = context.arena;
      let last: readonly StoredFile[] = [];
      const uploadSome = async (count: number): Promise<void> => {
        last = await Promise.all(Array.from({ length: count }, () => ours.upload(SIZE_BYTES)));
      };
      const measure = await measureInTurn(context, outline(name, "10 × 100 MB up at once"), {
        ours: () => throughput(AT_ONCE, () => uploadSome(AT_ONCE)),
        reference: () => throughput(1, () => uploadSome(1)),
      });
      for (const file of last) await ours.verify(file);
      return [measure];
    },
  };
}

/** The throughput of ten downloads together, of other files in every run, compared with one alone. */
export function tenDownloadsCase(name: string, stage: string): BenchCase {
  return {
    name,
    stage,
    summary: "ten downloads of 100 MB at once: together at least 0.9 of one's throughput",
    uploads: noFiles,
    reads: (runs) => ({ sizeBytes: SIZE_BYTES, ours: runs * (AT_ONCE + 1), floor: 0 }),
    run: async (context) => {
      const { ours } = context.arena;
      const files = await ours.atLeast(context.runs * (AT_ONCE + 1), SIZE_BYTES);
      const downloadSome = async (some: readonly StoredFile[]): Promise<void> => {
        await Promise.all(some.map((file) => ours.download(file)));
      };
      const measure = await measureInTurn(context, outline(name, "10 × 100 MB down at once"), {
        ours: (run) => throughput(AT_ONCE, () => downloadSome(files.slice(run * AT_ONCE, (run + 1) * AT_ONCE))),
        reference: (run) => throughput(1, () => downloadSome([files[context.runs * AT_ONCE + run]!])),
      });
      for (const file of files.slice(0, AT_ONCE)) await ours.verify(file);
      return [measure];
    },
  };
}

function outline(name: string, what: string): MeasureOutline {
  return { name, what, unit: "MB/s", referenceName: "one", asked: { kind: "ratio-at-least", limit: 0.9 } };
}

async function throughput(count: number, transfer: () => Promise<void>): Promise<number> {
  return (count * SIZE_BYTES) / MEGABYTE / (await seconds(transfer));
}
