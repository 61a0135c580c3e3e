import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, hangUpAll } from "../http/raw-client.fixture.ts";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";

/** A busy machine is given time; what is waited for comes at once by custom. */
const SOON = { interval: 5, timeout: 10_000 };

let api: WholeApi;
/** Two chunks. */
const SIZE = 300_000;
const bytes = randomBytes(SIZE);
let address: string;
let etag: string;
let lastModified: string;

beforeAll(async () => {
  api = await openWholeApi();
  const { body } = await api.call("PUT", "/api/v1/files/a", { body: bytes });
  await api.path.transfers.late.idle();
  address = `/api/v1/files/${body.file_id}/download`;
  const { headers } = await api.fetch("HEAD", address);
  etag = headers.get("etag") ?? "";
  lastModified = headers.get("last-modified") ?? "";
});
afterAll(async () => {
  hangUpAll();
  await api.close();
});

async function get(headers: Record<string, string>) {
  const response = await api.fetch("GET", address, { headers });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

function expectWhole({ response, body }: Awaited<ReturnType<typeof get>>): void {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-range")).toBeNull();
  expect(body.equals(bytes)).toBe(true);
}

const place = fc.oneof(
  fc.nat({ max: SIZE + 10 }),
  fc.constantFrom(0, 1, 262_143, 262_144, 262_145, SIZE - 1, SIZE, SIZE + 1, 2 ** 53),
);

it("any range gives the bytes that a slice of the file has", async () => {
  const header = fc.oneof(
    fc.tuple(place, place).map(([first, last]) => ({ text: `${first}-${last}`, first, last })),
    place.map((first) => ({ text: `${first}-`, first, last: Number.POSITIVE_INFINITY })),
    place.map((length) => ({ text: `-${length}`, first: Math.max(0, SIZE - length), last: Number.POSITIVE_INFINITY })),
  );
  await fc.assert(
    fc.asyncProperty(header, async ({ text, first, last }) => {
      const answer = await get({ range: `bytes=${text}` });
      if (last < first) return expectWhole(answer);
      const expected = bytes.subarray(first, last + 1);
      if (first >= SIZE) {
        expect(answer.response.status).toBe(416);
        expect(answer.response.headers.get("content-range")).toBe(`bytes */${SIZE}`);
        return;
      }
      expect(answer.response.status).toBe(206);
      const end = Math.min(last, SIZE - 1);
      expect(answer.response.headers.get("content-range")).toBe(`bytes ${first}-${end}/${SIZE}`);
      expect(answer.body.equals(expected)).toBe(true);
    }),
    { numRuns: 80 },
  );
});

describe("a Range header that is not one range of bytes is ignored", () => {
  it.each([
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=--1",
    "bytes=9-0",
    "bytes=0-1-2",
    "bytes=0x0-0x9",
    "bytes=1e0-2",
    "bytes=0-1,5-6",
    "bytes=0-5,3-9",
    "bytes=0-,0-,0-,0-",
    "bytes=0-9,",
    `bytes=${"0-0,".repeat(3000)}0-0`,
    "bytes 0-9/10",
    "lines=0-9",
    "none",
    "bytes=18446744073709551616-0",
  ])("%j", async (range) => {
    expectWhole(await get({ range }));
  });

  it("nor are two headers", async () => {
    const client = await dial(api.app);
    client.send(
      `GET ${address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.user.accessToken}\r\n` +
        "Connection: close\r\nRange: bytes=0-0\r\nRange: bytes=1-1\r\n\r\n",
    );
    expect(await client.ended).toMatch(/^HTTP\/1\.1 200 [\s\S]*content-length: 300000\r\n/);
  });
});

describe("If-Range", () => {
  it("lets the range count only for the very same file", async () => {
    const range = "bytes=5-9";
    const same = await get({ range, "if-range": etag });
    expect(same.response.status).toBe(206);
    expect(same.body.equals(bytes.subarray(5, 10))).toBe(true);
    // A date is no strong validator here (RFC 9110, 13.1.5), so it never fits.
    const others = [
      `W/${etag}`,
      '"other"',
      `${etag}, "other"`,
      "*",
      "",
      lastModified,
      "Mon, 01 Jan 2001 00:00:00 GMT",
      "x",
    ];
    for (const other of others) expectWhole(await get({ range, "if-range": other }));
  });

  it("that does not fit makes a range behind the end the whole too", async () => {
    expectWhole(await get({ range: "bytes=9999999-", "if-range": '"other"' }));
    expect((await get({ range: "bytes=9999999-", "if-range": etag })).response.status).toBe(416);
  });

  it("without a range changes nothing", async () => {
    expectWhole(await get({ "if-range": etag }));
  });
});

it("If-None-Match goes before Range", async () => {
  const { response, body } = await get({ range: "bytes=9999999-", "if-none-match": etag });
  expect([response.status, body.length]).toEqual([304, 0]);
  const malformed = await get({ range: "bytes=0-0", "if-none-match": `${etag.slice(1)}, ,, "x` });
  expect(malformed.response.status).toBe(206);
});

it("no memory stays in use", () => {
  const { reader, streams } = api.path.transfers;
  return expect.poll(() => [reader.budget.usedBytes, streams.usedBytes], SOON).toEqual([0, 0]);
});
