const DAY_MS = 86_400_000;

/** Months and days are those of UTC, as pay is reckoned: "2026-01", "2026-01-31". */
export function monthOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 7);
}

/** The month so many after this one; before it where the number is negative. */
export function monthAfter(month: string, count: number): string {
  const first = new Date(`${month}-01T00:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + count);
  return monthOf(first.getTime());
}

export function daysOfMonth(month: string): readonly string[] {
  return daysFrom(`${month}-01`, `${monthAfter(month, 1)}-01`);
}

/** The last days before and with this one, in their order. */
export function daysUntil(day: string, count: number): readonly string[] {
  const endMs = Date.parse(day) + DAY_MS;
  return daysFrom(dayOf(endMs - count * DAY_MS), dayOf(endMs));
}

function daysFrom(first: string, end: string): readonly string[] {
  const days: string[] = [];
  for (let atMs = Date.parse(first); atMs < Date.parse(end); atMs += DAY_MS) days.push(dayOf(atMs));
  return days;
}

export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
