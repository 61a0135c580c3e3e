import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { linkNeedsPassword, openSharedLink } from "./shared-link.ts";
import { startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { addFakeFile } from "./testing/fake-state.ts";
import { collect, createTestClient, failureOf, memorySource, TEST_BACKOFF, TEST_DEPS } from "./testing/test-client.ts";

const bytes = new Uint8Array(randomBytes(300_000));

async function setUp() {
  const fake = await startFakeCoordinator({ chunkSize: 50_000 });
  return { fake, client: await createTestClient(fake) };
}

const open = (link: string, password?: string) =>
  openSharedLink(TEST_DEPS, link, { backoff: TEST_BACKOFF, ...(password === undefined ? {} : { password }) });

async function contentOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await collect(pieces)));
}

test("a link is made, listed, read by anybody, whole and in part, and taken back", async () => {
  const { fake, client } = await setUp();
  await using _ = fake;
  const file = addFakeFile(fake.state, "film.mp4", bytes);
  const { share, link } = await client.shares.create(file.file_id, { downloadsMax: 3, expiresInS: 60 });
  expect(link).toBe(`${fake.url}/shared/${share.token}`);
  expect(share).toMatchObject({ downloads_max: 3, has_password: false, sealed: false });
  expect(await collect(client.shares.list({ fileId: file.file_id }))).toEqual([share]);
  const opened = await open(link);
  expect(opened).toMatchObject({ name: "film.mp4", sizeBytes: 300_000, ownerName: "Ada", sealed: false });
  expect(await contentOf(opened.read())).toEqual(bytes);
  expect(await contentOf(opened.read(7, 99_999))).toEqual(bytes.slice(7, 99_999));
  await client.shares.revoke(share.id);
  expect(await failureOf(open(link))).toMatchObject({ code: "SHARE_NOT_FOUND" });
  expect(await failureOf(client.shares.revoke(share.id))).toMatchObject({ code: "SHARE_NOT_FOUND" });
});

test("a password is asked for", async () => {
  const { fake, client } = await setUp();
  await using _ = fake;
  const { file_id } = addFakeFile(fake.state, "a", bytes);
  const { link } = await client.shares.create(file_id, { password: "sesam" });
  expect(await linkNeedsPassword(TEST_DEPS, link)).toBe(true);
  expect(await failureOf(open(link, "x"))).toMatchObject({ code: "INVALID_CREDENTIALS" });
  expect((await open(link, "sesam")).name).toBe("a");
});

test("a sealed file is opened by its link alone; the coordinator has neither name, type, content nor key", async () => {
  const { fake, client } = await setUp();
  await using _ = fake;
  const sent: string[] = [];
  fake.fault = ({ request, body }) => {
    sent.push(`${request.url} ${Buffer.from(body).toString("latin1")}`);
    return false;
  };
  const source = memorySource("Tagebuch.txt", bytes);
  const { file, share, link } = await client.shares.shareSealed(source, { contentType: "text/plain" });
  expect(share.sealed).toBe(true);
  expect(file.filename).toMatch(/^sealed-[0-9a-f]{24}\.chsealed$/);
  const opened = await open(link);
  expect(opened).toMatchObject({ name: "Tagebuch.txt", mediaType: "text/plain", sizeBytes: 300_000, sealed: true });
  expect(await contentOf(opened.read())).toEqual(bytes);
  expect(await contentOf(opened.read(200_000, 200_010))).toEqual(bytes.slice(200_000, 200_010));
  const key = new URL(link).hash.slice(1);
  const plain = Buffer.from(bytes.subarray(0, 32)).toString("latin1");
  for (const secret of ["Tagebuch", "text/plain", key, plain]) expect(sent.join("\n")).not.toContain(secret);

  expect(await failureOf(open(link.replace(/#.*/, "")))).toMatchObject({ code: "INVALID_REQUEST" });
  const other = `${link.slice(0, -2)}${link.endsWith("AA") ? "QQ" : "AA"}`;
  expect(await failureOf(open(other))).toMatchObject({ code: "SEAL_BROKEN" });
  fake.state.files.get(file.file_id)!.bytes[150_000]! ^= 1;
  const tampered = await open(link);
  expect(await failureOf(contentOf(tampered.read()))).toMatchObject({ code: "SEAL_BROKEN" });
});

test("after a cut it goes on where it was, and gives up where nothing comes", async () => {
  const { fake, client } = await setUp();
  await using _ = fake;
  const { file_id } = addFakeFile(fake.state, "a", bytes);
  const { link } = await client.shares.create(file_id);
  const ranges: string[] = [];
  let cuts = 3;
  fake.fault = ({ path, request, response }) => {
    if (!path.endsWith("/download")) return false;
    const [, start = "0", end = "0"] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    ranges.push(start);
    if (cuts-- <= 0) return false;
    response.writeHead(206, {
      "content-range": `bytes ${start}-${end}/300000`,
      "content-length": Number(end) + 1 - Number(start),
    });
    response.write(bytes.subarray(Number(start), Number(start) + 50_000), () => response.destroy());
    return true;
  };
  expect(await contentOf((await open(link)).read())).toEqual(bytes);
  expect(ranges).toEqual(["0", "50000", "100000", "150000"]);
  fake.fault = ({ path, response }) => path.endsWith("/download") && response.destroy() !== undefined;
  expect(await failureOf(contentOf((await open(link)).read()))).toMatchObject({ code: "COORDINATOR_UNREACHABLE" });
});

test("a file that changed between two ranges is not mixed, also where it is as long as before", async () => {
  const { fake, client } = await setUp();
  await using _ = fake;
  const file = addFakeFile(fake.state, "a", bytes);
  const { link } = await client.shares.create(file.file_id);
  for (const other of [bytes.slice(1), bytes.map((byte) => byte ^ 1)]) {
    fake.state.files.set(file.file_id, file);
    const opened = await open(link);
    expect(await contentOf(opened.read(0, 10))).toEqual(bytes.slice(0, 10));
    fake.state.files.set(file.file_id, { ...file, bytes: other });
    expect(await failureOf(contentOf(opened.read(10, 20)))).toMatchObject({ code: "CONCURRENT_CHANGE" });
  }
});

test("a link with a key opens nothing that is not sealed, whatever the coordinator says of it", async () => {
  const { fake, client } = await setUp();
  await using _ = fake;
  const { share, link } = await client.shares.shareSealed(memorySource("a", bytes));
  const forged = addFakeFile(fake.state, "a", new Uint8Array(10));
  const made = fake.state.shares.get(share.id)!;
  fake.state.shares.set(share.id, { ...made, sealed: false, file_id: forged.file_id });
  expect(await failureOf(open(link))).toMatchObject({ code: "SEAL_BROKEN" });
});
