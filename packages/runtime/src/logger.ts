import pino from "pino";
import { REDACTED, toLogRecord, toLogValue } from "./log-value.ts";

export type Logger = pino.Logger;
export type LogLevel = pino.LevelWithSilent;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The role, in every line's `name`. */
  readonly name: string;
  /** Where lines go; standard output by default. */
  readonly destination?: pino.DestinationStream;
}

/** Objects of an HTTP server: its own serialisers pick a few fields of each. */
const HTTP_FIELDS = ["req", "res"] as const;

/** Fields bound by `logger.child` do not pass the formatter; pino replaces these itself. */
const BOUND_SECRETS = ["authorization", "cookie", "password", "secret", "token", "api_key", "apiKey"];

/**
 * JSON lines with `level`, `time` (ISO 8601), `pid`, `name`, `msg` and the fields of the call. An error under any
 * field (by custom `err`) is written with its chain of causes; a field named like a secret is replaced, at any depth.
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
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

function toLogFields(fields: Record<string, unknown>): Record<string, unknown> {
  const logged = toLogRecord(fields);
  for (const field of HTTP_FIELDS) {
    if (field in fields) logged[field] = fields[field];
  }
  return logged;
}
