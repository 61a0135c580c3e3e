import { styleText } from "node:util";
import { terminalText } from "./terminal-text.ts";

export interface LogLineOptions {
  readonly colours: boolean;
}

type Style = Parameters<typeof styleText>[0];
type Fields = Readonly<Record<string, unknown>>;

/** What every line has and no person needs: whoever looks at a terminal knows which role runs in it. */
const UNSHOWN = new Set(["level", "time", "pid", "hostname", "name", "msg"]);
/** From these on an error is told with its stack; below them it is a part of what is usual. */
const GRAVE = new Set(["error", "fatal"]);
const LEVEL_STYLES: Readonly<Record<string, Style>> = { warn: "yellow", error: "red", fatal: "red" };
const VALUE_LENGTH_MAX = 200;
const CAUSES_MAX = 8;

/**
 * A log line for people in place of its JSON: local time, the level where it is not info, the message, then the fields
 * as `key=value`. An error is told by its message and causes, and from level error on with its stack below.
 * @param json as `createLogger` writes it; what is no such line comes back made safe for a terminal
 */
export function formatLogLine(json: string, { colours }: LogLineOptions): string {
  const record = recordOf(json);
  if (record === undefined) return `${terminalText(json.trimEnd())}\n`;
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const level = textOf(record["level"]);
  const isGrave = GRAVE.has(level);
  const words = [paint("gray", localTime(textOf(record["time"])))];
  if (level !== "info") words.push(paint(LEVEL_STYLES[level] ?? "gray", level.toUpperCase()));
  words.push(messageOf(record, level));
  const pairs = Object.entries(record).flatMap(([name, value]) => pairsOf(name, value));
  const lines = [[...words, ...pairs.map((pair) => paint("gray", pair))].join(" ")];
  if (isGrave) {
    for (const value of Object.values(record)) {
      if (isError(value)) lines.push(...stackLines(value).map((line) => paint("gray", line)));
    }
  }
  return `${lines.join("\n")}\n`;
}

function recordOf(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** The message with what the line's error says; below it come its causes where no stack will name them. */
function messageOf(record: Fields, level: string): string {
  const message = textOf(record["msg"]);
  const error = record["err"];
  if (!isError(error)) return oneLine(message);
  const told = GRAVE.has(level) ? errorText(error) : [error, ...causesOf(error)].map(errorText).join(", caused by: ");
  // An error that is logged alone is the message itself.
  if (message === error.message) return told;
  return message === "" ? told : `${oneLine(message)}: ${told}`;
}

interface LoggedError extends Fields {
  readonly message: string;
  readonly stack: string;
}

function isError(value: unknown): value is LoggedError {
  if (typeof value !== "object" || value === null) return false;
  return "stack" in value && typeof value.stack === "string" && "message" in value && typeof value.message === "string";
}

function errorText(error: LoggedError): string {
  const { message, code } = error;
  return oneLine(code === undefined ? message : `${message} (${textOf(code)})`);
}

function causesOf(error: LoggedError): LoggedError[] {
  const causes: LoggedError[] = [];
  for (let cause = error["cause"]; isError(cause) && causes.length < CAUSES_MAX; cause = cause["cause"]) {
    causes.push(cause);
  }
  return causes;
}

function stackLines(error: LoggedError): string[] {
  return [error, ...causesOf(error)].flatMap((each, depth) => {
    const frames = each.stack.split("\n").filter((line) => /^\s+at /.test(line));
    const head = depth === 0 ? [] : [`    caused by: ${errorText(each)}`];
    return [...head, ...frames.map((frame) => `      ${terminalText(frame.trim())}`)];
  });
}

/** `err` itself is in the message; its details are fields like any others. */
function pairsOf(name: string, value: unknown): string[] {
  if (UNSHOWN.has(name) || value === null || value === undefined) return [];
  if (!isError(value)) return [`${terminalText(name)}=${shownValue(value)}`];
  if (name !== "err") return [`${terminalText(name)}=${shownValue(errorText(value))}`];
  const details = value["details"];
  return typeof details === "object" && details !== null
    ? Object.entries(details).flatMap(([key, detail]) => pairsOf(key, detail))
    : [];
}

function shownValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const short = text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
  const isPlain = typeof value !== "string" || /^[^\s"=]+$/.test(short);
  return terminalText(isPlain ? short : JSON.stringify(short));
}

/** "2026-01-31 14:05:07" in this machine's time zone. */
function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return terminalText(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function oneLine(text: string): string {
  return terminalText(text.replace(/\s*\n\s*/g, " "));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}
