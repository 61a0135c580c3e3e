import { expect, it } from "vitest";
import { sentence } from "./failure.tsx";

it.each([
  ["there is a file of that name", "There is a file of that name."],
  ["ada@example.org has an account already", "ada@example.org has an account already."],
  ["notes.txt is open", "notes.txt is open."],
  ['"notes" is taken: give another name', '"notes" is taken: give another name.'],
  ["Is it there?", "Is it there?"],
  ["failed", "Failed."],
])("%s is said as a sentence that changes no name", (message, said) => {
  expect(sentence(message)).toBe(said);
});
