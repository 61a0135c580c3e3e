import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readFrame, writeFrame } from "./frame.ts";
import { createMemoryStreamPair } from "./memory-byte-stream.ts";

const UNBOUNDED = { windowBytes: Number.MAX_SAFE_INTEGER };

/** Lengths of every size, with continuation bits that may or may not end. */
const prefix = fc.oneof(
  fc.array(fc.nat(255), { maxLength: 8 }),
  fc.array(fc.integer({ min: 0x80, max: 0xff }), { maxLength: 8 }).map((bytes) => [...bytes, 0x01]),
);

it("a frame is read whole or refused, and no more is ever asked for than its bound and its length", async () => {
  await fc.assert(
    fc.asyncProperty(prefix, fc.uint8Array({ maxLength: 300 }), fc.nat(300), async (length, rest, maxBytes) => {
      const [near, far] = createMemoryStreamPair(UNBOUNDED);
      await near.write(Uint8Array.from([...length, ...rest]));
      await near.closeWrite();
      const asked: number[] = [];
      const watched = { read: (count: number) => (asked.push(count), far.read(count)) } as ByteStream;
      const outcome = await parseOrRefuse(["PROTOCOL_ERROR"], () => readFrame(watched, maxBytes));
      expect(asked.filter((count) => count !== 1 && count > maxBytes)).toEqual([]);
      expect(asked.length).toBeLessThanOrEqual(6);
      if ("parsed" in outcome) expect(outcome.parsed.length).toBeLessThanOrEqual(maxBytes);
    }),
    fuzzRuns(5000),
  );
});

it("any payload comes back as it went, and leaves what follows where it is", async () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.integer({ min: 0, max: 200_000 }).map((length) => new Uint8Array(length).fill(length & 0xff)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(payload, { minLength: 1, maxLength: 4 }), async (payloads) => {
      const [near, far] = createMemoryStreamPair(UNBOUNDED);
      for (const each of payloads) await writeFrame(near, each);
      await near.closeWrite();
      for (const each of payloads) expect(Buffer.compare(await readFrame(far, each.length), each)).toBe(0);
      await expect(far.read(1)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    }),
    fuzzRuns(300),
  );
});
