import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { type BenchCase, noFiles } from "./bench-case.ts";
import { FLOOR, measureInTurn, seconds } from "./measure-in-turn.ts";

/** A file down in one request, another one in every run. */
export function downloadCase(options: {
  readonly name: string;
  readonly stage: string;
  readonly sizeBytes: number;
}): BenchCase {
  const { name, stage, sizeBytes } = options;
  const what = `${formatByteSize(sizeBytes)} down, one request`;
  return {
    name,
    stage,
    summary: `${what}: at most 2.5 times the floor's time`,
    uploads: noFiles,
    reads: (runs) => ({ sizeBytes, ours: runs, floor: runs }),
    run: async (context) => {
      const { ours, floor } = context.arena;
      const oursFiles = await ours.atLeast(context.runs, sizeBytes);
      const floorFiles = await floor.files.atLeast(context.runs, sizeBytes);
      const measure = await measureInTurn(
        context,
        { name, what, unit: "s", referenceName: FLOOR, asked: { kind: "ratio-at-most", limit: 2.5 } },
        {
          ours: (run) => seconds(() => ours.download(oursFiles[run]!)),
          reference: (run) => seconds(() => floor.files.download(floorFiles[run]!)),
        },
      );
      await ours.verify(oursFiles[0]!);
      await floor.files.verify(floorFiles[0]!);
      return [measure];
    },
  };
}
