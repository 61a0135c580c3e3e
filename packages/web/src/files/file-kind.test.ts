import { expect, it } from "vitest";
import { iconOf, previewKindOf, splitName } from "./file-kind.ts";

it.each([
  ["image/png", "a.png", "image"],
  ["image/svg+xml", "a.svg", "text"],
  ["text/html; charset=utf-8", "a.html", "text"],
  ["application/octet-stream", "src/main.ts", "text"],
  ["application/octet-stream", "Makefile", "text"],
  ["video/mp4", "a.txt", "video"],
  ["application/pdf", "a.pdf", "pdf"],
  ["application/zip", "a.zip", "none"],
])("%s called %s is shown as %s", (content_type, filename, kind) => {
  expect(previewKindOf({ content_type, filename })).toBe(kind);
});

it("has a sign for each", () => {
  expect(iconOf({ content_type: "application/zip", filename: "a" })).toBe("archive");
  expect(iconOf({ content_type: "application/x-unknown", filename: "a" })).toBe("file");
});

it("splits names at their last slash", () => {
  expect(splitName("a/b/c.txt")).toEqual({ folder: "a/b/", leaf: "c.txt" });
  expect(splitName("c.txt")).toEqual({ folder: "", leaf: "c.txt" });
});
