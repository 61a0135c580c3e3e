import { AppError } from "../app-error.ts";
import type { TimeInterval } from "./time-interval.ts";

export const DAY_MS = 86_400_000;

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
/** 0000-03-01 in days before 1970: years counted from March end with their leap day. */
const DAYS_FROM_MARCH_0000 = 719_468;
const DAYS_PER_ERA = 146_097;
const YEARS_PER_ERA = 400;

/** The UTC day of a moment between the years 1970 and 9999, "YYYY-MM-DD"; days as text sort by time. */
export function utcDayOf(atMs: number): string {
  const days = Math.floor(atMs / DAY_MS) + DAYS_FROM_MARCH_0000;
  const era = Math.floor(days / DAYS_PER_ERA);
  const dayOfEra = days - era * DAYS_PER_ERA;
  const leaps = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - daysBeforeYear(yearOfEra);
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = era * YEARS_PER_ERA + yearOfEra + (month <= 2 ? 1 : 0);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(dayOfYear - daysBeforeMonth(monthFromMarch) + 1, 2)}`;
}

/** @throws AppError INVALID_REQUEST where it is no day of the calendar */
export function utcDayStartMs(day: string): number {
  const [, year, month, dayOfMonth] = DAY.exec(day) ?? [];
  const startMs = startMsOf(Number(year), Number(month), Number(dayOfMonth));
  if (year === undefined || utcDayOf(startMs) !== day) {
    throw new AppError("INVALID_REQUEST", `"${day}" is no day: give it as 2026-01-31`);
  }
  return startMs;
}

/** From its first millisecond to the first of the next day. */
export function utcDayInterval(day: string): TimeInterval {
  const fromMs = utcDayStartMs(day);
  return { fromMs, toMs: fromMs + DAY_MS };
}

export function nextUtcDay(day: string): string {
  return utcDayOf(utcDayStartMs(day) + DAY_MS);
}

/** "2026-01-31" → "2026-01". */
export function utcMonthOf(day: string): string {
  return day.slice(0, 7);
}

export function isUtcMonth(text: string): boolean {
  return MONTH.test(text);
}

/** The month before the one that a day is in. */
export function monthBefore(day: string): string {
  return utcMonthOf(utcDayOf(utcDayStartMs(`${utcMonthOf(day)}-01`) - DAY_MS));
}

function startMsOf(year: number, month: number, dayOfMonth: number): number {
  const yearFromMarch = month <= 2 ? year - 1 : year;
  const era = Math.floor(yearFromMarch / YEARS_PER_ERA);
  const monthFromMarch = month <= 2 ? month + 9 : month - 3;
  const dayOfEra =
    daysBeforeYear(yearFromMarch - era * YEARS_PER_ERA) + daysBeforeMonth(monthFromMarch) + dayOfMonth - 1;
  return (era * DAYS_PER_ERA + dayOfEra - DAYS_FROM_MARCH_0000) * DAY_MS;
}

function daysBeforeYear(yearOfEra: number): number {
  return 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
}

function daysBeforeMonth(monthFromMarch: number): number {
  return Math.floor((153 * monthFromMarch + 2) / 5);
}

function padded(value: number, digits: number): string {
  return value.toString().padStart(digits, "0");
}
