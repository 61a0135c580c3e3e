/** What a tab takes at one moment, in bytes. */
export interface TabSample {
  readonly seconds: number;
  /** Resident memory of the process that runs the page. */
  readonly rssBytes: number;
  /** Of it the objects of the page's script; what is being sent lies beside them. */
  readonly heapBytes: number;
}

export interface TabCourse {
  readonly start: number;
  readonly mean: number;
  readonly peak: number;
  readonly end: number;
}

/** How one of the two went from the first sample to the last. */
export function courseOf(samples: readonly TabSample[], key: "rssBytes" | "heapBytes"): TabCourse {
  const values = samples.map((sample) => sample[key]);
  const first = values[0];
  const last = values.at(-1);
  if (first === undefined || last === undefined) throw new Error("the tab was not looked at once");
  const sum = values.reduce((total, value) => total + value, 0);
  return { start: first, mean: sum / values.length, peak: Math.max(...values), end: last };
}
