import { AppError } from "@commonhold/core/app-error.ts";
import { utcDayInterval } from "@commonhold/core/economics/utc-day.ts";

/** @throws AppError INVALID_REQUEST for a day that is not over, or none */
export function refuseUnfinishedDay(day: string, nowMs: number): void {
  if (utcDayInterval(day).toMs > nowMs) throw new AppError("INVALID_REQUEST", `the day ${day} is not over yet`);
}
