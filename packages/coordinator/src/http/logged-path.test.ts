import { expect, it } from "vitest";
import { shownPath, withoutLinkToken } from "./logged-path.ts";

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

it.each([
  ["/shared/secret", "/shared/*"],
  ["//shared//secret/more", "//shared//*/more"],
  ["/SHARED/secret", "/SHARED/*"],
  ["/api/v1/shared/secret/ticket", "/api/v1/shared/*/ticket"],
  ["/api/v1/files/shared", "/api/v1/files/shared"],
])("%s without a link's token is %s", (path, shown) => {
  expect(withoutLinkToken(path)).toBe(shown);
});
