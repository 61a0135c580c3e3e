import { isatty } from "node:tty";
import pino from "pino";
import { formatLogLine } from "./log-line.ts";
import { REDACTED, toLogRecord, toLogValue } from "./log-value.ts";

export type Logger = pino.Logger;
export type LogLevel = pino.LevelWithSilent;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The role, in every line's `name`. */
  readonly name: string;
  /** Where lines go; standard output by default. */
  readonly destination?: LogDestination;
}

export interface LogDestination {
  /** A terminal gets lines for people. */
  readonly isTTY?: boolean;
  write(line: string): void;
}

const STDOUT_FD = 1;

/** Objects of an HTTP server: its own serialisers pick a few fields of each. */
const HTTP_FIELDS = ["req", "res"] as const;

/** Fields bound by `logger.child` do not pass the formatter; pino replaces these itself. */
const BOUND_SECRETS = ["authorization", "cookie", "password", "secret", "token", "api_key", "apiKey"];

/**
 * JSON lines with `level`, `time` (ISO 8601), `pid`, `name`, `msg` and the fields of the call. An error under any
 * field (by custom `err`) is written with its chain of causes; a field named like a secret is replaced, at any depth.
 * A terminal gets each line as `formatLogLine` tells it to people, in colours where `NO_COLOR` is not set.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { pid: process.pid, name: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: BOUND_SECRETS, censor: REDACTED },
      serializers: { err: (error: unknown) => toLogValue(error) },
      formatters: { level: (label) => ({ level: label }), log: toLogFields },
    },
    forItsReader(options.destination ?? standardOutput()),
  );
}

function standardOutput(): LogDestination {
  const stream = pino.destination({ fd: STDOUT_FD, sync: true });
  if (!isatty(STDOUT_FD)) return stream;
  return { isTTY: true, write: (line) => void stream.write(line) };
}

function forItsReader(destination: LogDestination): pino.DestinationStream {
  if (destination.isTTY !== true) return destination;
  const colours = (process.env["NO_COLOR"] ?? "") === "";
  return { write: (line) => destination.write(formatLogLine(line, { colours })) };
}

function toLogFields(fields: Record<string, unknown>): Record<string, unknown> {
  const logged = toLogRecord(fields);
  for (const field of HTTP_FIELDS) {
    if (field in fields) logged[field] = fields[field];
  }
  return logged;
}
