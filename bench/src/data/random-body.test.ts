import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandomBodies } from "./random-body.ts";

const KIB = 1024;
const bodies = createRandomBodies(1024 * KIB);

test("a body has the bytes that it says, and always the same ones", () => {
  const body = bodies.next(3_000_001);
  const bytes = Buffer.concat([...body.pieces()]);
  expect(bytes.length).toBe(3_000_001);
  expect(Buffer.concat([...body.pieces()]).equals(bytes)).toBe(true);
  expect(body.digest()).toBe(createHash("sha256").update(bytes).digest("hex"));
});

test("a part of a body is that part of the whole", () => {
  const body = bodies.next(700 * KIB);
  const whole = Buffer.concat([...body.pieces()]);
  const offset = fc.integer({ min: 0, max: body.sizeBytes });
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      expect(Buffer.concat([...body.pieces(start, end)]).equals(whole.subarray(start, end))).toBe(true);
    }),
  );
});

test("no chunk of 256 KiB comes twice, in one body or in two", () => {
  const chunks = [bodies.next(4096 * KIB), bodies.next(4096 * KIB)].flatMap((body) =>
    Array.from({ length: 16 }, (_, index) => body.digest(index * 256 * KIB, (index + 1) * 256 * KIB)),
  );
  expect(new Set(chunks).size).toBe(32);
});

test("a body cannot be compressed", () => {
  const bytes = Buffer.concat([...bodies.next(512 * KIB).pieces()]);
  expect(gzipSync(bytes).length).toBeGreaterThan(bytes.length);
});
