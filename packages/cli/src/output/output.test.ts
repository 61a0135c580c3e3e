import { expect, test } from "vitest";
import { createOutput, type OutputFlags } from "./output.ts";

function written(flags: OutputFlags, write: (output: ReturnType<typeof createOutput>) => void) {
  let stdout = "";
  let stderr = "";
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  };
  write(createOutput(streams, flags));
  return { stdout, stderr };
}

/** Clears the screen, sets the window's title, writes to the clipboard, moves the cursor, turns the text around. */
const HOSTILE = "a\u001b[2Jb\u001b]0;title\u0007c\u001b]52;c;ZXZpbA==\u0007d\r\u009b1Ae\u202ef\nlogged in as root";

test("a coordinator's words cannot command the terminal, whichever line they stand in", () => {
  const { stdout, stderr } = written({}, (output) => {
    output.line(`logged in as ${HOSTILE}`);
    output.note(`token: ${HOSTILE}`);
  });
  for (const text of [stdout, stderr]) {
    expect(text).toMatch(/^[^\p{Cc}\u202e]*\n$/u);
    expect(text).toContain("b");
  }
});

test("colours of our own stay", () => {
  const line = "\u001b[1mCommonhold runs at \u001b[36mhttp://x\u001b[39m\u001b[22m";
  expect(written({}, (output) => output.line(line)).stdout).toBe(`${line}\n`);
});

test("JSON says the same in characters that no terminal obeys", () => {
  const { stdout } = written({ json: true }, (output) => output.document({ filename: HOSTILE }));
  expect(stdout).toMatch(/^(?:[^\p{Cc}\u202e]|\n)*$/u);
  expect(JSON.parse(stdout)).toEqual({ filename: HOSTILE });
});
