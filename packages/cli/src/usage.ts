import { AppError } from "@commonhold/core/app-error.ts";
import { parseByteSize } from "@commonhold/core/byte-size.ts";
import { InvalidArgumentError } from "commander";

/** For commander: a whole number within limits, from an option's text. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, m: 60, h: 3600, d: 86_400 };

/** For commander: seconds from "90s", "30min", "12h" or "7d". */
export function durationSeconds(text: string): number {
  const match = /^(\d{1,6})\s*(s|m|min|h|d)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give a time such as "30min", "12h" or "7d".');
  return Number(match[1]) * (SECONDS[match[2]!] ?? 1);
}

/** For commander: bytes from "10GB" or "512MiB". */
export function byteSize(text: string): number {
  try {
    return parseByteSize(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof AppError ? error.message : String(error));
  }
}

/** For commander: adds "key=value" to what was given before. */
export function addLabel(text: string, labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  const match = /^([^=]+)=(.+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give it as KEY=VALUE, such as "site=home".');
  return { ...labels, [match[1]!]: match[2]! };
}

/** For commander: adds to a list. */
export function addToList(text: string, list: readonly string[] = []): string[] {
  return [...list, text];
}

/** The command was not used as it can be: exit code 64. */
export function usageError(message: string): AppError {
  return new AppError("INVALID_REQUEST", message);
}
