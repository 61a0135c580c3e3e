import { AppError } from "@commonhold/core/app-error.ts";
import type { ErrorCode } from "@commonhold/core/error-codes.ts";
import { Interrupted } from "../interruption.ts";
import type { OutputFlags, OutputStreams } from "./output.ts";
import { printable, printableJson } from "./printable.ts";

const EXIT_INTERNAL = 70;
const CAUSES_MAX = 8;

/** What to type next, for errors that a command can mend. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  COORDINATOR_UNREACHABLE:
    'Start a local network with "npm start" in a copy of the project or with "commonhold network start", or name another with --coordinator',
  UNAUTHENTICATED: 'Log in with "commonhold login"',
  TOKEN_EXPIRED: 'Log in with "commonhold login"',
  INSUFFICIENT_CREDITS: 'Buy some with "commonhold credits buy AMOUNT_USD"',
};

/** For a command that has told of its failures one by one. */
export class AlreadyReported extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("reported");
    this.name = "AlreadyReported";
    this.exitCode = exitCode;
  }
}

/** Tells on stderr, in one line, why a command failed. Gives the exit code. */
export function reportError(error: unknown, stderr: OutputStreams["stderr"], flags: OutputFlags): number {
  if (error instanceof Interrupted) {
    if (flags.json !== true && flags.quiet !== true) stderr.write("commonhold: interrupted\n");
    return error.exitCode;
  }
  if (error instanceof AlreadyReported) return error.exitCode;
  const code = error instanceof AppError ? error.code : "INTERNAL";
  const message = messageOf(error);
  // Some errors say themselves what to do, and know better.
  const hint = /\blog in\b|--coordinator-url/.test(message) ? undefined : HINTS[code];
  if (flags.json === true) {
    const details = error instanceof AppError ? error.details : {};
    const record = { error: { code, message, ...(hint === undefined ? {} : { hint }), details } };
    stderr.write(`${printableJson(JSON.stringify(record))}\n`);
  } else {
    const advice = hint === undefined ? "" : `. ${hint}`;
    stderr.write(`commonhold: ${oneLine(`${message}${advice}`)} (${code})\n`);
    if (flags.verbose === true) for (const line of causeLines(error)) stderr.write(`${printable(line)}\n`);
  }
  return error instanceof AppError ? error.exitCode : EXIT_INTERNAL;
}

function messageOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return `something unexpected happened: ${error instanceof Error ? error.message : String(error)}`;
}

function oneLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, " ").replace(/\.\.( |$)/g, ".$1"));
}

/** The chain of causes; the stack too where it is a fault of ours. */
function causeLines(error: unknown): string[] {
  const lines: string[] = [];
  if (!(error instanceof AppError) && error instanceof Error && error.stack !== undefined) {
    lines.push(...error.stack.split("\n"));
  }
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; cause !== undefined && depth < CAUSES_MAX; depth++) {
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    lines.push(`  caused by: ${oneLine(cause instanceof Error ? cause.message : JSON.stringify(cause))}${code}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}
