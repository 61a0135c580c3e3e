import { expect, it } from "vitest";
import { shownPath } from "./logged-path.ts";

const ID = "0190a0b0-0000-7000-8000-000000000000";
const PEER = `12D3KooW${"a".repeat(44)}`;
const TEMPLATES = ["/", "/files", "/files/*", "/files/:id/download", "/nodes/:id", "/docs/"];

it.each([
  ["/", "/"],
  ["/files", "/files"],
  ["/files/", "/files/*"],
  [`/files/${ID}/download`, `/files/${ID}/download`],
  [`/files/${ID}`, `/files/${ID}`],
  ["/files/secret/download", "/files/*/download"],
  ["/files/secret", "/files/*"],
  ["/files/a/secret", "/files/*/*"],
  [`/nodes/${PEER}`, `/nodes/${PEER}`],
  [`/nodes/${PEER}a`, "/nodes/*"],
  ["/filez/secret", "/*"],
  ["secret", "*"],
  ["", ""],
  [`/files/${"x/".repeat(5000)}`, "/files/*/*"],
])("%s is shown as %s", (path, shown) => {
  expect(shownPath(path, TEMPLATES)).toBe(shown);
});
