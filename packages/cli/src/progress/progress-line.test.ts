import fc from "fast-check";
import { expect, test } from "vitest";
import { type ProgressView, renderProgressLine } from "./progress-line.ts";
import { fitText, textWidth } from "./text-width.ts";
import { TransferRate } from "./transfer-rate.ts";

const view: ProgressView = {
  name: "film.mp4",
  doneBytes: 45_000_000,
  totalBytes: 100_000_000,
  bytesPerSecond: 5_000_000,
  fileNumber: 1,
  fileCount: 1,
};

test.each([
  [100, "film.mp4   45 %  [#############-----------------]  45 MB of 100 MB  5 MB/s  11 s left"],
  [70, "film.mp4   45 %  [######--------]  45 MB of 100 MB  5 MB/s  11 s left"],
  [60, "film.mp4   45 %  45 MB of 100 MB  5 MB/s  11 s left"],
  [50, "film.mp4   45 %  45 MB of 100 MB  5 MB/s"],
  [35, "film.mp4   45 %  45 MB of 100 MB"],
  [20, "film.mp4   45 %"],
  [10, "45 %"],
  [3, ""],
  [0, ""],
])("in %i columns it is %j", (columns, line) => {
  expect(renderProgressLine(view, columns)).toBe(line);
});

test("of several files it says which", () => {
  const line = renderProgressLine({ ...view, fileNumber: 3, fileCount: 17 }, 60);
  expect(line).toBe("[3/17] film.mp4   45 %  45 MB of 100 MB  5 MB/s  11 s left");
});

test("it never breaks a line, whatever the name and the width", () => {
  const views = fc.record({
    name: fc.string({ unit: "grapheme", maxLength: 80 }).map((name) => name.replace(/\p{Cc}/gu, "?")),
    doneBytes: fc.integer({ min: 0, max: 2 ** 50 }),
    totalBytes: fc.integer({ min: 0, max: 2 ** 50 }),
    bytesPerSecond: fc.option(fc.double({ min: 0, max: 1e10, noNaN: true }), { nil: undefined }),
    fileNumber: fc.integer({ min: 1, max: 99_999 }),
    fileCount: fc.integer({ min: 1, max: 99_999 }),
  });
  fc.assert(
    fc.property(views, fc.integer({ min: 0, max: 200 }), (shown, columns) => {
      expect(textWidth(renderProgressLine(shown, columns))).toBeLessThanOrEqual(Math.max(0, columns - 1));
    }),
  );
});

test("a long name keeps its beginning and its ending", () => {
  expect(fitText("a-very-long-name-of-a-file.tar.gz", 15)).toBe("a-very-….tar.gz");
  expect(textWidth(fitText("日本語のとても長いファイル名.txt", 12))).toBeLessThanOrEqual(12);
});

test("the rate is that of the last seconds", () => {
  let nowMs = 0;
  const rate = new TransferRate({ nowMs: () => nowMs, monotonicMs: () => nowMs });
  expect(rate.bytesPerSecond()).toBeUndefined();
  for (let i = 0; i < 100; i++) {
    nowMs += 100;
    rate.add(1_000);
  }
  expect(rate.bytesPerSecond()).toBeCloseTo(10_000, -3);
  for (let i = 0; i < 100; i++) {
    nowMs += 100;
    rate.add(50);
  }
  expect(rate.bytesPerSecond()).toBeCloseTo(500, -2);
});
