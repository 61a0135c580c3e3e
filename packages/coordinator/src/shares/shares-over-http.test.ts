import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../http/api-caller.fixture.ts";
import type { TestUser } from "../http/api.fixture.ts";
import { openWholeApi, type WholeApi, type WholeApiCall } from "../http/whole-api.fixture.ts";

const NOBODYS = "0190a0b0-0000-7000-8000-000000000000";
const bytes = new Uint8Array(randomBytes(300_000));

let api: WholeApi;
let fileId: string;
beforeEach(async () => {
  api = await openWholeApi();
  fileId = await store("Bericht.txt", bytes);
});
afterEach(() => api.close());

async function store(name: string, content: Uint8Array, type = "text/plain"): Promise<string> {
  const url = `/api/v1/files/${encodeURIComponent(name)}`;
  const answer = await api.call("PUT", url, { body: content, headers: { "content-type": type } });
  expect(answer.status).toBe(201);
  return answer.body.file_id;
}

const share = async (terms: object = {}, id = fileId): Promise<Answer["body"]> => {
  api.path.api.clock.advance(1);
  const answer = await api.call("POST", `/api/v1/files/${id}/shares`, { body: terms });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};

/** As anybody: without an account. */
const anybody = (method: string, url: string, call: WholeApiCall = {}) => api.call(method, url, { token: "", ...call });
const look = (token: string) => anybody("GET", `/api/v1/shared/${token}`);
const ask = (token: string, body: object = {}) =>
  anybody("POST", `/api/v1/shared/${token}/ticket`, { body: { disposition: "attachment", ...body } });
const urlOf = async (token: string, body: object = {}): Promise<string> => (await ask(token, body)).body.url;
const read = (url: string, headers: Record<string, string> = {}, method = "GET") =>
  api.fetch(method, url, { token: "", headers });
const codeOf = async (response: Response) => {
  const body = (await response.json()) as { readonly error: { readonly code: string } };
  return [response.status, body.error.code];
};
const refusal = ({ status, body }: Answer) => [status, body.error?.code];
const downloads = async () =>
  ((await api.call("GET", "/api/v1/shares")).body.items as { downloads: number }[]).map((each) => each.downloads);

describe("a link", () => {
  it("shows and gives the file to anybody, whole and in parts, and counts that once", async () => {
    const { token, url_path, ...made } = await share();
    expect(token).toMatch(/^[A-Za-z0-9_-]{24}$/);
    expect(url_path).toBe(`/shared/${token}`);
    expect(made).toMatchObject({
      file_id: fileId,
      filename: "Bericht.txt",
      downloads: 0,
      downloads_max: null,
      sealed: false,
    });
    expect((await look(token)).body).toEqual({
      needs_password: false,
      name: "Bericht.txt",
      size_bytes: 300_000,
      media_type: "text/plain",
      sealed: false,
      expires_at: null,
      downloads_left: null,
      owner_name: "user1",
    });
    const url = await urlOf(token);
    const whole = await read(url);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    expect(whole.headers.get("content-disposition")).toMatch(/^attachment; filename="Bericht.txt"/);
    const part = await read(url, { range: "bytes=100-199" });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 100-199/300000"]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    expect((await read(url, { "if-none-match": whole.headers.get("etag")! })).status).toBe(304);
    expect(await downloads()).toEqual([1]);
  });

  it("leads to the newest version", async () => {
    const { token } = await share();
    await store("Bericht.txt", bytes.subarray(0, 9));
    expect((await look(token)).body.size_bytes).toBe(9);
    expect(await (await read(await urlOf(token))).arrayBuffer()).toHaveProperty("byteLength", 9);
  });

  it("is listed for its owner, newest first, page by page and of one file", async () => {
    const other = await store("other", bytes.subarray(0, 10));
    const made = [await share(), await share({}, other), await share()];
    const page = (await api.call("GET", "/api/v1/shares?limit=2")).body;
    const next = (await api.call("GET", `/api/v1/shares?limit=2&cursor=${page.next_cursor}`)).body;
    expect([...page.items, ...next.items]).toEqual(made.toReversed());
    expect(next.next_cursor).toBeNull();
    const own = (await api.call("GET", `/api/v1/shares?file=${other}`)).body.items;
    expect(own).toEqual([made[1]]);
    expect(refusal(await api.call("GET", `/api/v1/shares?file=${NOBODYS}`))).toEqual([404, "FILE_NOT_FOUND"]);
    expect(refusal(await api.call("GET", "/api/v1/shares?cursor=x"))).toEqual([400, "INVALID_CURSOR"]);
  });

  it.each([{ expires_in_s: 59 }, { expires_in_s: 1e9 }, { password: "" }, { downloads_max: 0 }, { sealed: "yes" }])(
    "is not made of %o",
    async (terms) => {
      const answer = await api.call("POST", `/api/v1/files/${fileId}/shares`, { body: terms });
      expect(refusal(answer)).toEqual([400, "INVALID_REQUEST"]);
    },
  );
});

describe("a link that is over", () => {
  it("is as one that never was: unknown, expired, taken back, its file deleted", async () => {
    const expired = await share({ expires_in_s: 60 });
    const revoked = await share();
    const kept = await share();
    const urls = [await urlOf(expired.token), await urlOf(revoked.token), await urlOf(kept.token)];
    expect((await read(urls[1]!)).status).toBe(200);
    expect((await api.call("DELETE", `/api/v1/shares/${revoked.id}`)).status).toBe(204);
    api.path.api.clock.advance(61_000);
    const plain = async (token: string) => {
      const { status, body } = await look(token);
      return [status, { ...body.error, request_id: "" }];
    };
    const never = await plain("A".repeat(24));
    expect(never).toMatchObject([404, { code: "SHARE_NOT_FOUND" }]);
    for (const { token } of [expired, revoked]) expect(await plain(token)).toEqual(never);
    expect(await codeOf(await read(urls[0]!))).toEqual([401, "TOKEN_EXPIRED"]);
    expect(await codeOf(await read(urls[1]!, { range: "bytes=0-9" })), "a ticket that was used").toEqual([
      404,
      "SHARE_NOT_FOUND",
    ]);

    await api.call("DELETE", `/api/v1/files/${fileId}`);
    expect(await plain(kept.token)).toEqual(never);
    expect(refusal(await ask(kept.token))).toEqual([404, "SHARE_NOT_FOUND"]);
    expect(await codeOf(await read(urls[2]!))).toEqual([404, "SHARE_NOT_FOUND"]);
    expect((await api.call("GET", "/api/v1/shares")).body.items[0]).toMatchObject({ file_id: null, filename: null });
    await api.call("POST", `/api/v1/files/${fileId}/restore`);
    expect((await look(kept.token)).status).toBe(200);
  });

  it("leads nowhere while the account of its owner is shut", async () => {
    const { token } = await share();
    const url = await urlOf(token);
    const shut = (disabled: boolean) =>
      api.path.api.metadata.apply("user.set_disabled", { id: api.user.id, disabled, now_ms: 1 });
    await shut(true);
    expect(refusal(await look(token))).toEqual([404, "SHARE_NOT_FOUND"]);
    expect(refusal(await ask(token))).toEqual([404, "SHARE_NOT_FOUND"]);
    expect(await codeOf(await read(url))).toEqual([404, "SHARE_NOT_FOUND"]);
    await shut(false);
    expect((await read(url)).status).toBe(200);
  });

  it("gives no more downloads than it may, however many tickets there are and at once", async () => {
    const { token } = await share({ downloads_max: 2 });
    const urls = await Promise.all(Array.from({ length: 6 }, () => urlOf(token)));
    for (const url of urls) expect((await read(url, {}, "HEAD")).status).toBe(200);
    expect(await codeOf(await read(urls[0]!, { range: "bytes=300000-" }))).toEqual([416, "RANGE_NOT_SATISFIABLE"]);
    expect((await look(token)).body.downloads_left, "neither HEAD nor a wrong range counts").toBe(2);
    const answers = await Promise.all(urls.map((url) => read(url)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 200, 410, 410, 410, 410]);
    const good = urls[statuses.indexOf(200)]!;
    expect((await read(good, { range: "bytes=5-9" })).status, "a download that goes on").toBe(206);
    expect((await look(token)).body.downloads_left).toBe(0);
    expect(refusal(await ask(token))).toEqual([410, "SHARE_EXHAUSTED"]);
    const late = urls[statuses.indexOf(410)]!;
    expect(await codeOf(await read(late))).toEqual([410, "SHARE_EXHAUSTED"]);
    expect(api.path.transfers.linkStreams.usedBytes).toBe(0);
  });
});

it("readers of links that are slow keep nobody waiting who has an account, nor the other way round", async () => {
  const { streams, linkStreams } = api.path.transfers;
  const url = await urlOf((await share()).token);
  const own = `/api/v1/files/${fileId}/download`;
  for (const [taken, address] of [
    [linkStreams, own],
    [streams, url],
  ] as const) {
    const release = taken.tryAcquire(Number.MAX_SAFE_INTEGER)!;
    const answer = await api.fetch("GET", address, address === url ? { token: "" } : {});
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    release();
  }
});

describe("a ticket", () => {
  it("is good for its own link, for a while, and for nothing else", async () => {
    const { token } = await share({ expires_in_s: 7_200 });
    const { url, expires_at } = (await ask(token)).body;
    const nowMs = api.path.api.clock.nowMs();
    expect(Date.parse(expires_at) - nowMs).toBeGreaterThan(3_598_000);
    const ticket = url.split("ticket=")[1];
    for (const wrong of [`${ticket}x`, "x", "", api.user.accessToken, token]) {
      expect(await codeOf(await read(`/api/v1/shared/download?ticket=${wrong}`))).toEqual([401, "UNAUTHENTICATED"]);
    }
    expect((await read("/api/v1/shared/download")).status).toBe(400);
    expect((await api.fetch("GET", "/api/v1/files", { token: ticket })).status).toBe(401);
    api.path.api.clock.advance(3_601_000);
    expect(await codeOf(await read(url))).toEqual([401, "TOKEN_EXPIRED"]);
    api.path.api.clock.advance(3_000_000);
    const last = (await ask(token)).body;
    expect(Date.parse(last.expires_at), "no ticket outlives its link").toBeLessThanOrEqual(nowMs + 7_200_000);
  });
});

describe("what runs in a browser", () => {
  it("is only ever saved", async () => {
    const files = [
      ["page.html", "text/html"],
      ["picture.svg", "image/svg+xml"],
      ["script.js", "text/javascript"],
      ['"><script>alert(1)<script>.xml', "application/xhtml+xml"],
    ] as const;
    for (const [name, type] of files) {
      const id = await store(name, Buffer.from("<script>alert(1)</script>"), type);
      const { token } = await share({}, id);
      const { headers } = await read(await urlOf(token, { disposition: "inline" }));
      const saved = /^attachment; filename="[^"]*"; filename\*=UTF-8''[\w%.!~-]*$/;
      expect(headers.get("content-disposition"), name).toMatch(saved);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    }
  });

  it.each(["script", "style", "worker", "serviceworker"])("is not let into a page, as %s", async (destination) => {
    const id = await store("script.js", Buffer.from("alert(1)"), "text/javascript");
    const shared = await urlOf((await share({ downloads_max: 1 }, id)).token);
    for (const url of [shared, `/api/v1/files/${id}/download`]) {
      const asked = (headers: Record<string, string>) => api.fetch("GET", url, { headers });
      expect(await codeOf(await asked({ "sec-fetch-dest": destination }))).toEqual([403, "FORBIDDEN"]);
      expect((await asked({ "sec-fetch-dest": "empty" })).status).toBe(200);
    }
  });

  it("is shown in a sandbox where it is a picture", async () => {
    const id = await store("a.png", bytes.subarray(0, 100), "image/png");
    const { token } = await share({}, id);
    const { headers } = await read(await urlOf(token, { disposition: "inline" }));
    expect(headers.get("content-disposition")).toMatch(/^inline; /);
    expect(headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    expect((await read(await urlOf(token))).headers.get("content-disposition")).toMatch(/^attachment; /);
  });
});

describe("a link with a password", () => {
  const password = "sesam öffne dich";

  it("tells nothing until it is given", async () => {
    const { token, has_password } = await share({ password });
    expect(has_password).toBe(true);
    expect((await look(token)).body).toEqual({ needs_password: true });
    for (const wrong of [{}, { password: "" }, { password: "sesam" }]) {
      expect(refusal(await ask(token, wrong))).toEqual([401, "INVALID_CREDENTIALS"]);
    }
    const { url, file } = (await ask(token, { password: password.normalize("NFD") })).body;
    expect(file.name).toBe("Bericht.txt");
    expect((await read(url)).status).toBe(200);
  });

  it("bears so many guesses, in turn or at once, and other links are as before", async () => {
    const { token } = await share({ password });
    const free = await share();
    const guesses = await Promise.all(Array.from({ length: 14 }, (_, index) => ask(token, { password: `${index}` })));
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = guesses.find(({ status }) => status === 429)!;
    expect(refused.body.error.code).toBe("TOO_MANY_REQUESTS");
    expect(refusal(await ask(token, { password }))).toEqual([429, "TOO_MANY_REQUESTS"]);
    expect((await ask(free.token)).status).toBe(200);
  });
});

describe("guessing at links", () => {
  it("ends soon, and is logged", async () => {
    const { token } = await share();
    const statuses: number[] = [];
    for (let index = 0; index < 31; index++) statuses.push((await look(randomBytes(18).toString("base64url"))).status);
    expect([statuses.filter((status) => status === 404).length, statuses.at(-1)]).toEqual([30, 429]);
    expect((await look(token)).status, "from that address, any").toBe(429);
    expect(refusal(await ask(token))).toEqual([429, "TOO_MANY_REQUESTS"]);
    const url = `/api/v1/shares`;
    expect((await api.call("GET", url)).status).toBe(200);
  });

  it("leads nowhere, whatever is written in place of a token", async () => {
    const tokens = ["..", "../etc", "\u0000", "' OR 1=1 --", "download", "<script>", "a".repeat(128), "\u{1f4a9}"];
    for (const token of tokens) {
      const answer = await look(encodeURIComponent(token));
      expect([400, 404], token).toContain(answer.status);
      expect(JSON.stringify(answer.body)).not.toContain("user1");
    }
  });
});

describe("strangers with an account", () => {
  let stranger: TestUser;
  beforeEach(async () => {
    stranger = await api.path.api.newUser();
  });

  it("make, see and take back no links of others", async () => {
    const { id } = await share();
    const token = stranger.accessToken;
    const calls = [
      ["POST", `/api/v1/files/${fileId}/shares`, { body: {}, token }, "FILE_NOT_FOUND"],
      ["GET", `/api/v1/shares?file=${fileId}`, { token }, "FILE_NOT_FOUND"],
      ["DELETE", `/api/v1/shares/${id}`, { token }, "SHARE_NOT_FOUND"],
      ["DELETE", `/api/v1/shares/${NOBODYS}`, {}, "SHARE_NOT_FOUND"],
    ] as const;
    for (const [method, url, call, code] of calls) {
      expect(refusal(await api.call(method, url, call)), url).toEqual([404, code]);
    }
    expect((await api.call("GET", "/api/v1/shares", { token })).body.items).toEqual([]);
    expect(await downloads()).toEqual([0]);
  });
});

it("of tokens, passwords and tickets nothing stands in a log or a table", async () => {
  const password = "a-word-of-passing";
  const { token } = await share({ password });
  await look(token);
  await ask(token, { password: `${password}-wrong` });
  const url = await urlOf(token, { password });
  await read(url);
  await read(`${url}x`);
  await api.fetch("GET", `/shared/${token}`, { token: "", headers: { accept: "text/html" } });
  await anybody("GET", `/api/v1/shared/${token}/nothing`);
  await anybody("PUT", `/api/v1/shared/${token}`, { body: {} });
  const log = JSON.stringify(api.logLines);
  expect(log).toContain("/api/v1/shared/*/ticket");
  for (const secret of [token, password, url.split("ticket=")[1]!]) expect(log).not.toContain(secret);
  const [row] = await api.path.api.metadata.read.selectFrom("shares").selectAll().execute();
  expect(Buffer.from(row!.sealed_token).includes(token)).toBe(false);
  expect(JSON.stringify({ ...row, sealed_token: "" })).not.toContain(token);
  expect(row!.password_hash).toMatch(/^\$argon2id\$/);
});
