import { judgeMeasure } from "../report/judge-measure.ts";
import { formatQuantity, formatRatio } from "../report/format-quantity.ts";
import type { Measure } from "../report/measure.ts";
import { UsageMeter } from "../processes/usage-meter.ts";
import type { CaseContext } from "./bench-case.ts";

/** The name of the reference where it is the machine's floor. */
export const FLOOR = "floor";

/** Takes one sample, in the measure's unit. */
export type Sampler = (run: number) => Promise<number>;

export type MeasureOutline = Pick<Measure, "name" | "what" | "unit" | "referenceName" | "asked">;

/**
 * Samples the reference and ours in turn, so that what else the machine does meets both. After each sample waits until
 * nothing is under way.
 */
export async function measureInTurn(
  { arena, runs, say }: CaseContext,
  outline: MeasureOutline,
  samplers: { readonly ours: Sampler; readonly reference: Sampler },
): Promise<Measure> {
  const ours: number[] = [];
  const reference: number[] = [];
  const oursMeter = new UsageMeter([...arena.network.processes, { name: "client", pid: process.pid }]);
  const floorMeter = new UsageMeter([arena.floor.process]);
  const settled = async (sample: Promise<number>): Promise<number> => {
    const value = await sample;
    await arena.network.settle();
    return value;
  };
  await arena.network.settle();
  for (let run = 0; run < runs; run++) {
    reference.push(await floorMeter.during(() => settled(samplers.reference(run))));
    ours.push(await oursMeter.during(() => settled(samplers.ours(run))));
    const last = judgeMeasure({ ours: ours.slice(-1), reference: reference.slice(-1), asked: outline.asked });
    const compared = `${outline.referenceName} ${formatQuantity(last.reference, outline.unit)}`;
    say(`run ${run + 1}  ${compared}  ours ${formatQuantity(last.ours, outline.unit)}  ${formatRatio(last.ratio)}`);
  }
  const floorUsage = outline.referenceName === FLOOR ? floorMeter.usage() : [];
  return { ...outline, ours, reference, usage: [...oursMeter.usage(), ...floorUsage] };
}

/** How long something takes, in seconds. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}
