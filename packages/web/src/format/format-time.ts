const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** "3 min ago", "in 5 h", "4 Mar". */
export function formatWhen(instant: string, nowMs: number): string {
  const atMs = Date.parse(instant);
  const seconds = Math.round((nowMs - atMs) / 1000);
  const distance = Math.abs(seconds);
  if (distance < MINUTE_S) return seconds >= 0 ? "just now" : "in a moment";
  if (distance < 7 * DAY_S) return seconds > 0 ? `${formatDuration(distance)} ago` : `in ${formatDuration(distance)}`;
  const isThisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  return (isThisYear ? day : dayOfYear).format(atMs);
}

/** As `formatWhen`, to the second where that is what is asked: "35 s ago". */
export function formatSilence(instant: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(instant)) / 1000;
  return seconds > 0 && seconds < MINUTE_S - 0.5 ? `${formatDuration(seconds)} ago` : formatWhen(instant, nowMs);
}

/** As `formatWhen`, for what is to come: "now" where its time has come and it is not done yet. */
export function formatDue(instant: string, nowMs: number): string {
  return Date.parse(instant) <= nowMs ? "now" : formatWhen(instant, nowMs);
}

/** For the eye that rests on it. */
export function exactTime(instant: string): string {
  return exact.format(Date.parse(instant));
}

const minute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** What the coordinator says, with its instants as people read them: "Mar 4, 2026, 9:30 AM". */
export function withReadableTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (instant) => minute.format(Date.parse(instant)));
}

/** "5 s", "3 min", "2 h", "4 days": the one unit that tells most. */
export function formatDuration(seconds: number): string {
  if (seconds < MINUTE_S) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < HOUR_S) return `${Math.round(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) return `${Math.round(seconds / HOUR_S)} h`;
  const days = Math.round(seconds / DAY_S);
  return days === 1 ? "1 day" : `${days} days`;
}

const utcDay = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });
const utcMonth = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

/** "2026-01-31" is "Jan 31". */
export function dayText(utcDate: string): string {
  return utcDay.format(Date.parse(utcDate));
}

/** "2026-01" is "January 2026". */
export function monthText(month: string): string {
  return utcMonth.format(Date.parse(`${month}-01`));
}
