/** Of how long ago the half still counts. */
const HALF_LIFE_MS = 4000;

/** How fast bytes move, smoothed. */
export interface TransferRate {
  /** @returns bytes per second; undefined until two reports are far enough apart */
  report(doneBytes: number, nowMs: number): number | undefined;
}

export function createTransferRate(): TransferRate {
  let last: { readonly bytes: number; readonly atMs: number } | undefined;
  let rate: number | undefined;
  return {
    report: (bytes, atMs) => {
      if (last === undefined) last = { bytes, atMs };
      const elapsedMs = atMs - last.atMs;
      if (elapsedMs < 250) return rate;
      const measured = ((bytes - last.bytes) / elapsedMs) * 1000;
      const weight = 1 - 0.5 ** (elapsedMs / HALF_LIFE_MS);
      rate = rate === undefined ? measured : rate + (measured - rate) * weight;
      last = { bytes, atMs };
      return rate;
    },
  };
}
