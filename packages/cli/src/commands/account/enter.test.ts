import { expect, test } from "vitest";
import { askTwice } from "./enter.ts";

/** Types these answers, one after another. */
function typist(...answers: string[]) {
  const notes: string[] = [];
  const ask = async () => answers.shift() ?? "";
  return { notes, left: answers, entered: askTwice("Password", ask, (text) => notes.push(text)) };
}

test("a new password counts once it was typed the same twice", async () => {
  const { entered, notes, left } = typist("right", "wrong", "right", "right", "more");
  expect(await entered).toBe("right");
  expect(notes).toHaveLength(1);
  expect(left).toEqual(["more"]);
});

test("three tries are enough", async () => {
  const { entered, left } = typist("a", "b", "c", "d", "e", "f", "g");
  await expect(entered).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  expect(left).toEqual(["g"]);
});
