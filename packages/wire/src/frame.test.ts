import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFrame, writeFrame } from "./frame.ts";
import { createMemoryStreamPair } from "./memory-byte-stream.ts";

async function streamOf(bytes: Uint8Array): Promise<ByteStream> {
  const [left, right] = createMemoryStreamPair();
  const written = left.write(bytes);
  await left.closeWrite();
  written.catch(() => {});
  return right;
}

async function encoded(payload: Uint8Array): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const sink = { write: async (bytes: Uint8Array) => void chunks.push(bytes) };
  await writeFrame(sink as unknown as ByteStream, payload);
  return Buffer.concat(chunks);
}

describe("frames", () => {
  it("come back as they went, however the stream cuts them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (payloads) => {
        const [left, right] = createMemoryStreamPair();
        for (const payload of payloads) {
          for (const byte of await encoded(payload)) await left.write(Uint8Array.of(byte));
        }
        for (const payload of payloads) expect(await readFrame(right, 300)).toEqual(Uint8Array.from(payload));
      }),
    );
  });

  it("have these bytes", async () => {
    expect(Buffer.from(await encoded(new Uint8Array(0))).toString("hex")).toBe("00");
    expect(Buffer.from(await encoded(Uint8Array.of(7, 8))).toString("hex")).toBe("020708");
    const long = await encoded(new Uint8Array(70_000));
    expect(Buffer.from(long.subarray(0, 4)).toString("hex")).toBe("f0a20400");
    expect(long.length).toBe(70_003);
  });

  it("are taken up to the limit and refused above it", async () => {
    const frame = await encoded(new Uint8Array(128));
    expect(await readFrame(await streamOf(frame), 128)).toHaveLength(128);
    await expect(readFrame(await streamOf(frame), 127)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("of 4 GB are refused before anything but the length is read", async () => {
    const asked: number[] = [];
    const stream = await streamOf(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3));
    const watched = {
      read: (length: number) => {
        asked.push(length);
        return stream.read(length);
      },
    };
    await expect(readFrame(watched as ByteStream, 16_384)).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      message: expect.stringContaining("4294967295"),
    });
    expect(asked).toEqual([1, 1, 1, 1, 1]);
  });

  it.each([
    ["a length of six bytes", Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x01)],
    ["a length with needless zeros", Uint8Array.of(0x81, 0x00, 0x01)],
    ["no byte at all", new Uint8Array(0)],
    ["half a length", Uint8Array.of(0x80)],
    ["half a payload", Uint8Array.of(3, 1, 2)],
  ])("are refused with %s", async (_, bytes) => {
    await expect(readFrame(await streamOf(bytes), 1000)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});
