import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isChunkName, isNodeId, isUuid, uuidV7 } from "./ids.ts";

const TIME_MS_MAX = 2 ** 48 - 1;
const moment = fc.record({
  time: fc.nat({ max: TIME_MS_MAX }),
  random: fc.uint8Array({ minLength: 10, maxLength: 10 }),
});

describe("uuidV7", () => {
  it("gives the example of RFC 9562, appendix A.6", () => {
    const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f);
    expect(uuidV7(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  });

  it("is a UUID of version 7 and variant 10 that holds its time", () => {
    fc.assert(
      fc.property(moment, ({ time, random }) => {
        const id = uuidV7(time, random);
        expect(isUuid(id)).toBe(true);
        expect(id).toMatch(/^.{14}7.{4}[89ab]/);
        expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(time);
      }),
    );
  });

  it("sorts by time", () => {
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        fc.pre(a.time !== b.time);
        expect(uuidV7(a.time, a.random) < uuidV7(b.time, b.random)).toBe(a.time < b.time);
      }),
    );
  });

  it("keeps 74 random bits: every bit but those of version and variant tells ids apart", () => {
    const zeros = uuidV7(0, new Uint8Array(10));
    let telling = 0;
    for (let bit = 0; bit < 80; bit++) {
      const random = new Uint8Array(10);
      random[bit >> 3] = 1 << (bit & 7);
      if (uuidV7(0, random) !== zeros) telling += 1;
    }
    expect(telling).toBe(74);
  });

  it("does not change the bytes that it was given", () => {
    const random = new Uint8Array(10).fill(0xff);
    uuidV7(1, random);
    expect(random).toEqual(new Uint8Array(10).fill(0xff));
  });
});

describe("isChunkName", () => {
  it("takes 64 lower-case hex digits and nothing else", () => {
    fc.assert(fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), (name) => isChunkName(name)));
    const name = "0f".repeat(32);
    for (const wrong of [
      "",
      name.toUpperCase(),
      name.slice(1),
      `${name}0`,
      `${name}\n`,
      ` ${name}`,
      `../${name.slice(3)}`,
    ]) {
      expect(isChunkName(wrong)).toBe(false);
    }
  });
});

describe("isUuid", () => {
  it("takes the lower-case form with hyphens only", () => {
    const id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    expect(isUuid(id)).toBe(true);
    for (const wrong of ["", id.toUpperCase(), id.replaceAll("-", ""), `{${id}}`, `${id}\n`, `${id}0`]) {
      expect(isUuid(wrong)).toBe(false);
    }
  });
});

describe("isNodeId", () => {
  it("takes the peer id of an Ed25519 key only", () => {
    const id = "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf";
    expect(isNodeId(id)).toBe(true);
    const rsa = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
    for (const wrong of ["", rsa, id.slice(0, -1), `${id}a`, id.replace("Gz", "0z"), `${id}\n`]) {
      expect(isNodeId(wrong)).toBe(false);
    }
  });
});
