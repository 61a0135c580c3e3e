import { stdin, stderr } from "node:process";
import type { CliContext } from "../../cli-context.ts";
import { Interrupted } from "../../interruption.ts";
import { usageError } from "../../usage.ts";

const STDIN_BYTES_MAX = 4_096;

export interface Question {
  readonly message: string;
  /** What to do where nobody can be asked. */
  readonly otherwise: string;
}

/** Asks on the terminal; what is typed is shown. */
export async function askText(context: CliContext, question: Question): Promise<string> {
  const prompts = await openPrompts(question);
  const { message } = question;
  const validate = (value: string | undefined) =>
    value === undefined || value.trim() === "" ? "Type something" : undefined;
  return answered(await prompts.text({ message, validate, output: stderr, signal: context.signal })).trim();
}

/** Asks on the terminal; what is typed is hidden. */
export async function askPassword(context: CliContext, question: Question): Promise<string> {
  const prompts = await openPrompts(question);
  const { message } = question;
  const validate = (value: string | undefined) => (value === undefined || value === "" ? "Type a password" : undefined);
  return answered(await prompts.password({ message, validate, output: stderr, signal: context.signal }));
}

/** The first line of stdin. */
export async function readPasswordFromStdin(): Promise<string> {
  const [password = ""] = await readLinesFromStdin();
  if (password === "") throw usageError('stdin holds no password: pipe it in, as in  printf %s "$PASSWORD" | …');
  return password;
}

/** The first two lines of stdin. */
export async function readPasswordsFromStdin(): Promise<readonly [string, string]> {
  const [current = "", next = ""] = await readLinesFromStdin();
  if (current !== "" && next !== "") return [current, next];
  throw usageError(`stdin holds no two passwords: pipe them in, as in  printf '%s\\n' "$CURRENT" "$NEW" | …`);
}

async function readLinesFromStdin(): Promise<readonly string[]> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stdin) {
    pieces.push(piece as Uint8Array);
    length += (piece as Uint8Array).length;
    if (length > STDIN_BYTES_MAX) throw usageError(`stdin holds more than ${STDIN_BYTES_MAX} bytes: no password`);
  }
  return Buffer.concat(pieces).toString("utf8").split(/\r?\n/, 2);
}

async function openPrompts({ message, otherwise }: Question) {
  if (!stdin.isTTY || !stderr.isTTY) throw usageError(`there is no terminal to ask on (${message}): ${otherwise}`);
  return import("@clack/prompts");
}

function answered(answer: string | symbol): string {
  if (typeof answer === "string") return answer;
  throw new Interrupted(130);
}
