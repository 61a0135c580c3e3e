import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DATA_BYTES_MAX, FRAME_TYPE, FrameParser, type FrameType, frameHeader } from "./lane-frame.ts";
import { decodeHello, encodeHello, LANE_ADDRESSES_MAX } from "./lane-hello.ts";

type Seen = readonly [type: FrameType, payload: string];

/** What a parser finds in `pieces`; parts of one data frame are joined. */
function parse(pieces: readonly Uint8Array[]): Seen[] {
  const seen: [FrameType, string][] = [];
  let joins = false;
  const parser = new FrameParser({
    onData: (part) => {
      const hex = Buffer.from(part).toString("hex");
      if (joins) seen.at(-1)![1] += hex;
      else seen.push([FRAME_TYPE.data, hex]);
      joins = true;
    },
    onFrame: (type, payload) => {
      seen.push([type, Buffer.from(payload).toString("hex")]);
      joins = false;
    },
  });
  for (const piece of pieces) {
    const lent = Uint8Array.from(piece);
    parser.push(lent);
    lent.fill(0xee);
  }
  return seen;
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");
const hexOf = (text: string): string => Buffer.from(text).toString("hex");

const GOLDEN: readonly (readonly [string, FrameType, string, string])[] = [
  ["hello", FRAME_TYPE.hello, "01 00000000", ""],
  [
    "hello",
    FRAME_TYPE.hello,
    "01 0000001c 2f6970342f3139322e302e322e372f7463702f343030332f746c730a",
    hexOf("/ip4/192.0.2.7/tcp/4003/tls\n"),
  ],
  ["open", FRAME_TYPE.open, "02 00000005 2f6563686f", hexOf("/echo")],
  ["data", FRAME_TYPE.data, "03 00000003 0102ff", "0102ff"],
  ["end", FRAME_TYPE.end, "04 00000000", ""],
  ["reset", FRAME_TYPE.reset, "05 00000000", ""],
  ["ping", FRAME_TYPE.ping, "06 00000000", ""],
  ["pong", FRAME_TYPE.pong, "07 00000000", ""],
];

describe("a frame", () => {
  it.each(GOLDEN)("%s is these bytes", (_, type, hex, payload) => {
    const header = frameHeader(type, payload.length / 2);
    expect(Buffer.concat([header, bytesOf(payload)])).toEqual(bytesOf(hex));
    expect(parse([bytesOf(hex)])).toEqual([[type, payload]]);
  });

  it("has its length in four bytes, the highest first", () => {
    expect(Buffer.from(frameHeader(FRAME_TYPE.data, 0x00_0f_a1_b2)).toString("hex")).toBe("03000fa1b2");
  });

  it("is found wherever what carries it is cut", () => {
    const wire = Buffer.concat(GOLDEN.map(([, , hex]) => bytesOf(hex)));
    const whole = parse([wire]);
    expect(whole).toEqual(GOLDEN.map(([, type, , payload]) => [type, payload]));
    for (let at = 0; at <= wire.length; at++) expect(parse([wire.subarray(0, at), wire.subarray(at)])).toEqual(whole);
    expect(parse(Array.from(wire, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  it.each([
    ["of type 0", "00 00000000"],
    ["of a type that there is not", "08 00000000"],
    ["with 4 GiB", "03 ffffffff"],
    ["with one byte of data too many", "03 00100001"],
    ["of data without any", "03 00000000"],
    ["hello that is too long", "01 00001001"],
    ["open that is too long", "02 00000101"],
    ["end with a payload", "04 00000001"],
    ["reset with a payload", "05 00000001"],
    ["ping with a payload", "06 00000001"],
    ["pong with a payload", "07 00000001"],
  ])("%s is refused by its header", (_, hex) => {
    expect(() => parse([bytesOf(hex)])).toThrow(expect.objectContaining({ code: "PROTOCOL_ERROR" }));
    expect(() => parse([bytesOf(hex).subarray(0, 4)])).not.toThrow();
  });

  it("may have the longest payload of its type", () => {
    const longest = ["03 00100000", "01 00001000", "02 00000100"];
    for (const hex of longest) expect(() => parse([bytesOf(hex)])).not.toThrow();
    expect(DATA_BYTES_MAX).toBe(0x10_00_00);
  });

  it("of any kind comes out as it went in, however it was cut; anything else is refused or waited for", () => {
    const frames = fc.array(
      fc.oneof(
        fc.tuple(fc.constant(FRAME_TYPE.data), fc.uint8Array({ minLength: 1, maxLength: 300 })),
        fc.tuple(fc.constantFrom(FRAME_TYPE.hello, FRAME_TYPE.open), fc.uint8Array({ maxLength: 256 })),
        fc.tuple(fc.constantFrom(4, 5, 6, 7) as fc.Arbitrary<FrameType>, fc.constant(new Uint8Array(0))),
      ),
      { maxLength: 12 },
    );
    const cut = (wire: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
      const pieces: Uint8Array[] = [];
      let at = 0;
      for (const size of sizes) pieces.push(wire.subarray(at, (at += size)));
      return [...pieces, wire.subarray(at)];
    };
    fc.assert(
      fc.property(frames, fc.array(fc.nat(40)), (all, sizes) => {
        const wire = Buffer.concat(all.flatMap(([type, payload]) => [frameHeader(type, payload.length), payload]));
        const found = parse(cut(wire, sizes));
        const dataOf = (seen: readonly Seen[]): string =>
          seen.map(([type, hex]) => (type === 3 ? hex : `|${type}:${hex}|`)).join("");
        expect(dataOf(found)).toBe(dataOf(all.map(([type, payload]) => [type, Buffer.from(payload).toString("hex")])));
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (pieces) => {
        try {
          parse(pieces);
        } catch (error) {
          expect(error).toMatchObject({ code: "PROTOCOL_ERROR" });
        }
      }),
    );
  });
});

describe("a hello", () => {
  it("carries addresses, a line each", () => {
    const addresses = ["/ip4/192.0.2.7/tcp/4003/tls", "/dns4/node.example.org/tcp/443/tls"];
    expect(Buffer.from(encodeHello(addresses)).toString()).toBe(addresses.join("\n"));
    expect(decodeHello(encodeHello(addresses))).toEqual(addresses);
    expect(decodeHello(encodeHello([]))).toEqual([]);
  });

  it("leaves out what would make the peer refuse it", () => {
    const long = `/dns4/${"a".repeat(2000)}/tcp/1/tls`;
    const payload = encodeHello([long, long, long, "/ip4/192.0.2.7/tcp/4003/tls"]);
    expect(decodeHello(payload)).toEqual([long, long, "/ip4/192.0.2.7/tcp/4003/tls"]);
    expect(parse([frameHeader(FRAME_TYPE.hello, payload.length), payload])).toHaveLength(1);
    expect(decodeHello(encodeHello(Array(100).fill("/ip4/192.0.2.7/tcp/4003/tls")))).toHaveLength(LANE_ADDRESSES_MAX);
  });

  it("of a peer that makes anything of it stays short", () => {
    expect(decodeHello(new Uint8Array(4096).fill(10))).toHaveLength(LANE_ADDRESSES_MAX);
    expect(decodeHello(Uint8Array.of(0xff, 0xfe))).toHaveLength(1);
  });
});
