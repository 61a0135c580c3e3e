import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { type BodyTimes, timedBody } from "./timed-body.ts";

async function lengthOf(body: PassThrough, times: BodyTimes): Promise<number> {
  let length = 0;
  for await (const piece of timedBody(() => body, times)) length += piece.byteLength;
  return length;
}

it("gives what comes in time", async () => {
  const body = new PassThrough();
  body.write("ab");
  body.end("c");
  expect(await lengthOf(body, { idleMsMax: 10_000, totalMsMax: 10_000 })).toBe(3);
});

it("ends a body whose sender stands still", async () => {
  const body = new PassThrough();
  body.write("a");
  await expect(lengthOf(body, { idleMsMax: 20 })).rejects.toMatchObject({ code: "REQUEST_TIMEOUT" });
  expect(body.destroyed).toBe(false);
});

it("ends a body that trickles", async () => {
  const body = new PassThrough();
  const trickle = setInterval(() => body.write("a"), 5);
  await expect(lengthOf(body, { idleMsMax: 10_000, totalMsMax: 50 })).rejects.toMatchObject({
    code: "REQUEST_TIMEOUT",
  });
  clearInterval(trickle);
  expect(body.destroyed).toBe(false);
});

it("says that the client went away where the body breaks off", async () => {
  const body = new PassThrough();
  body.write("a");
  body.destroy(new Error("aborted"));
  await expect(lengthOf(body, {})).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
});
