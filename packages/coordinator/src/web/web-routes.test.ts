import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpFixture, type HttpFixture } from "../http/http.fixture.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { registerWebRoutes } from "./web-routes.ts";

let fixture: HttpFixture;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "commonhold-web-"));
  await mkdir(join(folder, "assets"));
  const files = {
    "index.html": "<!doctype html>",
    "app.webmanifest": "{}",
    "service-worker.js": "keep()",
    "icon-192.png": "\x89PNG",
    "secret.key": "no page's",
    "first-load.json": "{}",
    "assets/a-1.js": "plain",
    "assets/a-1.js.br": "br",
    "assets/a-1.js.gz": "gzip!",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  fixture = await createHttpFixture();
  registerJsonRoutes(fixture.app, (routes) => {
    routes.get("/api/v1/thing", async () => ({}));
  });
  await registerWebRoutes(fixture.app, { folder });
  await fixture.app.ready();
});
afterAll(async () => {
  await fixture.app.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}, method: "GET" | "HEAD" | "POST" = "GET") =>
  fixture.app.inject({ method, url, headers });
const PAGE = { accept: "text/html,*/*" };

describe("files", () => {
  it.each([
    ["br, gzip", "br", "br"],
    ["gzip", "gzip", "gzip!"],
    ["br;q=0, gzip;q=0.5", "gzip", "gzip!"],
    ["", undefined, "plain"],
  ])("are sent as the browser takes them: %j", async (accepted, encoding, body) => {
    const answer = await get("/assets/a-1.js", { "accept-encoding": accepted });
    expect([answer.statusCode, answer.headers["content-encoding"], answer.body]).toEqual([200, encoding, body]);
    expect(answer.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      "content-length": String(body.length),
      vary: "accept-encoding",
    });
  });

  it("are asked for again by their tag only", async () => {
    const first = await get("/app.webmanifest");
    expect(first.headers["cache-control"]).toBe("no-cache");
    const again = await get("/app.webmanifest", { "if-none-match": String(first.headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  });

  it("have the service worker among them: for all of the app, asked for anew each time, bound to this origin", async () => {
    const { statusCode, headers } = await get("/service-worker.js");
    expect([statusCode, headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(headers).toMatchObject({
      "cache-control": "no-cache",
      "service-worker-allowed": "/",
      "content-security-policy": "default-src 'none'; connect-src 'self'",
    });
  });

  it("have icons among them, which are no scope of a service worker", async () => {
    const { statusCode, headers } = await get("/icon-192.png");
    expect([statusCode, headers["content-type"], headers["cache-control"]]).toEqual([200, "image/png", "no-cache"]);
    expect(headers["service-worker-allowed"]).toBeUndefined();
  });

  it.each([
    "/assets/none.js",
    "/assets/../index.html",
    "/assets/%2e%2e/secret.key",
    "/secret.key",
    "/first-load.json",
    "/assets/",
  ])("are those of the build and no others: %s", async (url) => expect((await get(url)).statusCode).toBe(404));
});

describe("the page", () => {
  it.each(["/files", "/nodes/12D3", "/no/such/room?x=1"])("is at %s", async (url) => {
    const answer = await get(url, PAGE);
    expect([answer.statusCode, answer.body]).toEqual([200, "<!doctype html>"]);
    expect(answer.headers).toMatchObject({ "cache-control": "no-cache", "x-frame-options": "DENY" });
    expect(answer.headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
  });

  it("answers HEAD without a body", async () => {
    const answer = await get("/files", PAGE, "HEAD");
    expect([answer.statusCode, answer.body, answer.headers["content-length"]]).toEqual([200, "", "15"]);
  });

  it.each([
    ["GET", "/api/v1/nothing", PAGE, 404],
    ["GET", "/files", { accept: "application/json" }, 404],
    ["GET", "/files", {}, 404],
    ["POST", "/files", PAGE, 404],
    ["POST", "/api/v1/thing", PAGE, 405],
    ["GET", "/api/v1/thing", PAGE, 200],
  ] as const)("is not in the API's way: %s %s", async (method, url, headers, status) => {
    const answer = await get(url, headers, method);
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([status, "application/json; charset=utf-8"]);
  });
});

describe("a build that takes another's place", () => {
  let builds: string;
  let dist: string;
  let server: HttpFixture;
  beforeAll(async () => {
    builds = await mkdtemp(join(tmpdir(), "commonhold-builds-"));
    dist = join(builds, "dist");
    await build("one");
    server = await createHttpFixture();
    await registerWebRoutes(server.app, { folder: dist });
    await server.app.ready();
  });
  afterAll(async () => {
    await server.app.close();
    await rm(builds, { recursive: true, force: true });
  });

  /** As `scripts/build-web.ts` does it. */
  async function build(name: string): Promise<void> {
    const folder = await mkdtemp(join(builds, "dist-"));
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html"), `<!doctype html><script src=/assets/${name}.js></script>`);
    await writeFile(join(folder, "index.html.br"), `br of ${name}`);
    await writeFile(join(folder, "service-worker.js"), `keep("${name}")`);
    await writeFile(join(folder, "assets", `${name}.js`), `run("${name}")`);
    await rm(dist, { recursive: true, force: true });
    await rename(folder, dist);
  }

  async function answer(url: string, headers: Record<string, string> = {}): Promise<readonly [number, string]> {
    const { statusCode, body, headers: answered } = await server.app.inject({ method: "GET", url, headers });
    if (statusCode === 200) expect(answered["content-length"]).toBe(String(Buffer.byteLength(body)));
    return [statusCode, body];
  }

  it("is served whole from the next page on", async () => {
    expect((await answer("/files", PAGE))[1]).toContain("/assets/one.js");
    await build("second");
    expect((await answer("/files", PAGE))[1]).toContain("/assets/second.js");
    expect(await answer("/files", { ...PAGE, "accept-encoding": "br" })).toEqual([200, "br of second"]);
    expect(await answer("/assets/second.js")).toEqual([200, 'run("second")']);
    expect((await answer("/assets/one.js"))[0]).toBe(404);
    expect(await answer("/service-worker.js")).toEqual([200, 'keep("second")']);
  });

  it("is looked for when a part of it is asked for first, many at once", async () => {
    await build("third");
    const answers = await Promise.all(Array.from({ length: 20 }, () => answer("/assets/third.js")));
    expect(answers).toEqual(Array.from({ length: 20 }, () => [200, 'run("third")']));
  });

  it("leaves what was there unfound while it is on its way, and nothing outside of it is ever found", async () => {
    await rm(dist, { recursive: true });
    expect((await answer("/assets/third.js"))[0]).toBe(404);
    expect((await answer("/files", PAGE))[0]).toBe(404);
    await build("fourth");
    expect((await answer("/files", PAGE))[1]).toContain("/assets/fourth.js");
    await writeFile(join(builds, "secret.js"), "no page's");
    expect((await answer("/assets/../../secret.js"))[0]).toBe(404);
    expect((await answer("/assets/%2e%2e%2f%2e%2e%2fsecret.js"))[0]).toBe(404);
  });
});

it("a folder without a page is refused, with its name", async () => {
  const empty = join(folder, "assets");
  await expect(registerWebRoutes(fixture.app, { folder: empty })).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    message: expect.stringContaining(empty),
  });
});
