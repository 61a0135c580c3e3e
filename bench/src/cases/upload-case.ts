import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { StoredFile, StoredFiles } from "../arena/stored-files.ts";
import { type BenchCase, noFiles } from "./bench-case.ts";
import { FLOOR, measureInTurn, seconds } from "./measure-in-turn.ts";

/** A file up in one request, until it is acknowledged. */
export function uploadCase(options: {
  readonly name: string;
  readonly stage: string;
  readonly sizeBytes: number;
}): BenchCase {
  const { name, stage, sizeBytes } = options;
  const what = `${formatByteSize(sizeBytes)} up, one request`;
  return {
    name,
    stage,
    summary: `${what}: at most twice the floor's time`,
    uploads: (runs) => ({ sizeBytes, ours: runs, floor: runs }),
    reads: noFiles,
    run: async (context) => {
      const { ours, floor } = context.arena;
      const sent = new Map<StoredFiles, StoredFile>();
      const uploadTo = (side: StoredFiles) => () =>
        seconds(async () => {
          sent.set(side, await side.upload(sizeBytes));
        });
      const measure = await measureInTurn(
        context,
        { name, what, unit: "s", referenceName: FLOOR, asked: { kind: "ratio-at-most", limit: 2 } },
        { ours: uploadTo(ours), reference: uploadTo(floor.files) },
      );
      for (const [side, file] of sent) await side.verify(file);
      return [measure];
    },
  };
}
