import { createIdentity } from "@commonhold/p2p/identity.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCoordinator, type TestCoordinator } from "./coordinator.fixture.ts";
import { HEARTBEAT, registrationOf } from "./http/api.fixture.ts";

/** Things of one person, by which others may not come to anything. */
interface Things {
  readonly file: string;
  readonly folder: string;
  readonly deletedFile: string;
  readonly deletedFolder: string;
  readonly upload: string;
  readonly share: string;
  readonly session: string;
  readonly payment: string;
  readonly node: string;
  readonly user: string;
}

/** A call that names somebody else's thing, and what it answers: as if there were none, or FORBIDDEN where all may know. */
type Probe = (id: Things) => {
  /** In the order in which they stand in the path. */
  readonly params?: readonly string[];
  readonly query?: string;
  readonly body?: object;
  readonly code: string;
};

type Entry =
  /** Without an account. */
  | { readonly who: "anybody" }
  /** With a node's key. */
  | { readonly who: "node" }
  /** With an account that has a role. */
  | { readonly who: "admin" }
  /** With any account; it shows and changes what is the caller's, or what all may know. */
  | { readonly who: "user"; readonly probes?: readonly Probe[] };

const anybody: Entry = { who: "anybody" };
const node: Entry = { who: "node" };
const admin: Entry = { who: "admin" };
const user = (...probes: readonly Probe[]): Entry => ({ who: "user", probes });
const ofFile = (body?: object): Entry =>
  user(
    ({ file }) => ({ params: [file], ...(body && { body }), code: "FILE_NOT_FOUND" }),
    ({ deletedFile }) => ({ params: [deletedFile], ...(body && { body }), code: "FILE_NOT_FOUND" }),
  );
const ofUpload = (query = "", body?: object): Entry =>
  user(({ upload }) => ({ params: [upload], query, ...(body && { body }), code: "UPLOAD_NOT_FOUND" }));
const ofNode = (body?: object): Entry =>
  user(({ node: id }) => ({ params: [id], ...(body && { body }), code: "FORBIDDEN" }));
const NO_FOLDER = "FOLDER_NOT_FOUND";

/** Every call of the API, and whose it is. Whoever adds one says so here. */
const CALLS: Readonly<Record<string, Entry>> = {
  "GET /health": anybody,
  "GET /metrics": anybody,
  "GET /ready": anybody,
  "GET /api/v1/auth/trial-account": anybody,
  "POST /api/v1/auth/login": anybody,
  "POST /api/v1/auth/logout": anybody,
  "POST /api/v1/auth/refresh": anybody,
  "POST /api/v1/auth/register": anybody,
  "POST /api/v1/nodes/register": anybody,
  "GET /api/v1/archives/download": anybody,
  "GET /api/v1/shared/download": anybody,
  "GET /api/v1/shared/{token}": anybody,
  "POST /api/v1/shared/{token}/ticket": anybody,

  "GET /api/v1/balance": node,
  "POST /api/v1/nodes/evictions": node,
  "POST /api/v1/nodes/heartbeat": node,

  "GET /api/v1/admin/actions": admin,
  "GET /api/v1/admin/settings": admin,
  "GET /api/v1/admin/users": admin,
  "PATCH /api/v1/admin/users/{id}": admin,
  "POST /api/v1/admin/users/{id}/credits": admin,
  "GET /api/v1/jobs": admin,
  "PATCH /api/v1/jobs/{name}": admin,
  "POST /api/v1/jobs/{name}/pause": admin,
  "POST /api/v1/jobs/{name}/resume": admin,
  "POST /api/v1/jobs/{name}/run": admin,
  "POST /api/v1/nodes/{id}/ban": admin,
  "DELETE /api/v1/nodes/{id}/ban": admin,
  "POST /api/v1/rebalance": admin,

  "GET /api/v1/auth/me": user(),
  "GET /api/v1/auth/sessions": user(),
  "DELETE /api/v1/auth/sessions/{id}": user(({ session }) => ({ params: [session], code: "NOT_FOUND" })),
  "POST /api/v1/auth/logout-everywhere": user(),
  "PUT /api/v1/auth/password": user(),
  "GET /api/v1/credits": user(),
  "GET /api/v1/credits/days": user(),
  "GET /api/v1/credits/history": user(),
  "POST /api/v1/auth/credits/purchase": user(),
  "GET /api/v1/auth/credits/purchases/{payment_id}": user(({ payment }) => ({ params: [payment], code: "NOT_FOUND" })),
  "GET /api/v1/events": user(),
  "GET /api/v1/search": user(),
  "GET /api/v1/status": user(),
  "GET /api/v1/repair": user(),
  "GET /api/v1/audits/periods": user(),

  "GET /api/v1/files": user(({ folder }) => ({ query: `?folder=${folder}`, code: NO_FOLDER })),
  "POST /api/v1/files": user(({ folder }) => ({ query: `?filename=a&folder_id=${folder}`, code: NO_FOLDER })),
  "PUT /api/v1/files/{path}": user(),
  "GET /api/v1/files/{id}": ofFile(),
  "DELETE /api/v1/files/{id}": ofFile(),
  "PATCH /api/v1/files/{id}": user(
    ({ file }) => ({ params: [file], body: { name: "b" }, code: "FILE_NOT_FOUND" }),
    ({ file }) => ({ params: [file], body: { folder_id: null }, code: "FILE_NOT_FOUND" }),
    ({ file }) => ({ params: [file], body: { copies: 2 }, code: "FILE_NOT_FOUND" }),
    ({ file }) => ({ params: [file], body: { priority: "high" }, code: "FILE_NOT_FOUND" }),
  ),
  "GET /api/v1/files/{id}/chunks": ofFile(),
  "GET /api/v1/files/{id}/download": ofFile(),
  "GET /api/v1/files/{id}/versions": ofFile(),
  "POST /api/v1/files/{id}/make-current": ofFile(),
  "POST /api/v1/files/{id}/restore": ofFile(),
  "POST /api/v1/files/{id}/shares": ofFile({}),
  "POST /api/v1/files/{id}/ticket": ofFile({ disposition: "inline" }),
  "PUT /api/v1/files/{id}/pins/{node}": user((id) => ({ params: [id.file, id.node], code: "FILE_NOT_FOUND" })),
  "DELETE /api/v1/files/{id}/pins/{node}": user((id) => ({ params: [id.file, id.node], code: "FILE_NOT_FOUND" })),

  "POST /api/v1/files/upload/initiate": user(({ folder }) => ({
    body: { filename: "a", size_bytes: 1, folder_id: folder },
    code: NO_FOLDER,
  })),
  "GET /api/v1/files/upload/{id}": ofUpload(),
  "DELETE /api/v1/files/upload/{id}": ofUpload(),
  "POST /api/v1/files/upload/{id}/chunk": ofUpload("?index=0", {}),
  "POST /api/v1/files/upload/{id}/complete": ofUpload("", {}),

  "GET /api/v1/folders": user(({ folder }) => ({ query: `?parent=${folder}`, code: NO_FOLDER })),
  "GET /api/v1/folders/at": user(() => ({ query: "?path=secret-folder", code: NO_FOLDER })),
  "POST /api/v1/folders": user(({ folder }) => ({ body: { name: "a", parent_id: folder }, code: NO_FOLDER })),
  "POST /api/v1/folders/ensure": user(({ folder }) => ({ body: { path: "a", parent_id: folder }, code: NO_FOLDER })),
  "GET /api/v1/folders/{id}": user(({ folder }) => ({ params: [folder], code: NO_FOLDER })),
  "PATCH /api/v1/folders/{id}": user(
    ({ folder }) => ({ params: [folder], body: { name: "b" }, code: NO_FOLDER }),
    ({ folder }) => ({ params: [folder], body: { parent_id: null }, code: NO_FOLDER }),
  ),
  "DELETE /api/v1/folders/{id}": user(({ folder }) => ({ params: [folder], code: NO_FOLDER })),
  "POST /api/v1/folders/{id}/restore": user(({ deletedFolder }) => ({ params: [deletedFolder], code: NO_FOLDER })),

  "POST /api/v1/archives": user(
    ({ file }) => ({ body: { file_ids: [file] }, code: "FILE_NOT_FOUND" }),
    ({ folder }) => ({ body: { folder_ids: [folder] }, code: NO_FOLDER }),
  ),
  "GET /api/v1/shares": user(({ file }) => ({ query: `?file=${file}`, code: "FILE_NOT_FOUND" })),
  "DELETE /api/v1/shares/{id}": user(({ share }) => ({ params: [share], code: "SHARE_NOT_FOUND" })),

  "GET /api/v1/nodes": user(),
  "POST /api/v1/nodes/join-tokens": user(),
  "GET /api/v1/nodes/{id}": user(),
  "DELETE /api/v1/nodes/{id}": ofNode(),
  "GET /api/v1/nodes/{id}/audits": ofNode(),
  "GET /api/v1/nodes/{id}/earnings": ofNode(),
  "GET /api/v1/nodes/{id}/events": ofNode(),
};

let coordinator: TestCoordinator;
let ada: Person;
let bob: Person;
let things: Things;

interface Person {
  readonly id: string;
  readonly token: string;
}
type Body = ReturnType<typeof JSON.parse>;
interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
}

async function call(
  method: string,
  path: string,
  { token, body }: { readonly token?: string; readonly body?: object | string } = {},
): Promise<Answer> {
  const answer = await fetch(coordinator.url + path, {
    method,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: answer.status, body: isJson ? JSON.parse(text) : undefined, text };
}

async function newPerson(name: string): Promise<Person> {
  const account = { email: `${name}@example.org`, name, password: "correct horse battery" };
  const { body } = await call("POST", "/api/v1/auth/register", { body: account });
  return { id: body.user.id, token: body.access_token };
}

async function made(method: string, path: string, body?: object | string): Promise<Body> {
  const answer = await call(method, path, { token: ada.token, ...(body === undefined ? {} : { body }) });
  expect([200, 201, 204], answer.text).toContain(answer.status);
  return answer.body;
}

async function makeNode(name: string): Promise<string> {
  const identity = createIdentity();
  const { join_token: joinToken } = await made("POST", "/api/v1/nodes/join-tokens", {});
  const claim = { joinToken, name, timestampMs: Date.now() };
  const { node_id, api_key } = await made("POST", "/api/v1/nodes/register", registrationOf(identity, claim));
  expect((await call("POST", "/api/v1/nodes/heartbeat", { token: api_key, body: HEARTBEAT })).status).toBe(200);
  return node_id;
}

async function makeThings(): Promise<Things> {
  // So many have to be there for a file; of no bytes, it is on none of them.
  await makeNode("attic");
  await makeNode("cellar");
  const { file_id: deletedFile } = await made("PUT", "/api/v1/files/secret-deleted", "");
  await made("DELETE", `/api/v1/files/${deletedFile}`);
  const { id: deletedFolder } = await made("POST", "/api/v1/folders", { name: "secret-trash" });
  await made("DELETE", `/api/v1/folders/${deletedFolder}`);
  const { file_id: file, folder_id } = await made("PUT", "/api/v1/files/secret-folder/secret-file", "");
  return {
    file,
    folder: folder_id,
    deletedFile,
    deletedFolder,
    node: await makeNode("shed"),
    upload: (await made("POST", "/api/v1/files/upload/initiate", { filename: "secret-u", size_bytes: 1 })).session_id,
    share: (await made("POST", `/api/v1/files/${file}/shares`, {})).id,
    session: (await made("GET", "/api/v1/auth/sessions")).items[0].id,
    payment: (await made("POST", "/api/v1/auth/credits/purchase", { amount_usd: 1 })).payment_id,
    user: ada.id,
  };
}

beforeAll(async () => {
  coordinator = await startTestCoordinator();
  ada = await newPerson("ada");
  bob = await newPerson("bob");
  things = await makeThings();
});
afterAll(() => coordinator.end());

const NOBODYS = "0190a0b0-0000-7000-8000-000000000000";
const nobodys = (): Things => ({
  ...(Object.fromEntries(Object.keys(things).map((name) => [name, NOBODYS])) as unknown as Things),
  payment: `local-${"0".repeat(32)}`,
  node: things.node,
});

/** By the API's own document, with what stands in the path. */
async function documented(): Promise<readonly string[]> {
  const { paths } = (await call("GET", "/openapi.json")).body as { readonly paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, calls]) =>
    Object.keys(calls).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

function asked(name: string, params: readonly string[] = []): readonly [string, string] {
  const [method = "", template = ""] = name.split(" ");
  const left = [...params];
  return [method, template.replaceAll(/\{\w+\}/g, () => left.shift() ?? NOBODYS)];
}

/** Whatever of these is in another person's answer has leaked. */
const secrets = (): readonly string[] => {
  const { node: _known, user: _operator, ...ids } = things;
  return [...Object.values(ids), "secret-", "ada@example.org"];
};

async function tracesOfAda(): Promise<unknown> {
  const lists = [
    "files",
    "files?deleted=true",
    "folders",
    "folders?deleted=true",
    "shares",
    "auth/sessions",
    "auth/me",
  ];
  const more = [`files/upload/${things.upload}`, `nodes/${things.node}`, `files/${things.file}`];
  const answers = await Promise.all([...lists, ...more].map((path) => call("GET", `/api/v1/${path}`, ada)));
  for (const { status, text } of answers) expect(status, text).toBe(200);
  return answers.map(({ body }) => body);
}

const named = (who: Entry["who"]) =>
  Object.entries(CALLS).flatMap(([name, entry]) => (entry.who === who ? [name] : []));

it("every call of the API's document stands here, and no other", async () => {
  expect((await documented()).toSorted()).toEqual(Object.keys(CALLS).toSorted());
});

describe("without an account", () => {
  it.each([...named("user"), ...named("admin"), ...named("node")])("refuses %s", async (name) => {
    const [method, path] = asked(name);
    const answer = await call(method, path, method === "GET" ? {} : { body: {} });
    expect([answer.status, answer.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
  });
});

describe("a user", () => {
  it.each(named("admin"))("may not do what is for others: %s", async (name) => {
    const [method, path] = asked(name, [name.includes("/nodes/") ? things.node : things.user]);
    const answer = await call(method, path, { token: bob.token, ...(method === "GET" ? {} : { body: {} }) });
    expect([answer.status, answer.body.error.code]).toEqual([403, "FORBIDDEN"]);
  });

  it.each(named("node"))("is no node: %s", async (name) => {
    const [method, path] = asked(name);
    const answer = await call(method, path, { token: bob.token, ...(method === "GET" ? {} : { body: {} }) });
    expect([answer.status, answer.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
  });

  it("learns nothing of another's things, and changes none of them", async () => {
    const before = await tracesOfAda();
    for (const [name, entry] of Object.entries(CALLS)) {
      for (const probe of entry.who === "user" ? (entry.probes ?? []) : []) {
        const answers = [];
        for (const ids of [things, nobodys()]) {
          const { params, query = "", body, code } = probe(ids);
          const [method, path] = asked(name, params);
          const answer = await call(method, path + query, {
            token: bob.token,
            ...(body === undefined ? {} : { body }),
          });
          expect(answer.body?.error?.code, `${name} ${query} ${JSON.stringify(body)}: ${answer.text}`).toBe(code);
          const told = Object.values(ids).reduce((text, id) => text.replaceAll(id, "ID"), answer.text);
          answers.push([answer.status, told.replace(answer.body.error.request_id, "")]);
        }
        expect(answers[0], name).toEqual(answers[1]);
      }
    }
    expect(await tracesOfAda()).toEqual(before);
  });

  it("finds nothing of another's in lists", async () => {
    const lists = [...named("user"), ...named("anybody")].filter((name) => /^GET [^{]*$/.test(name));
    expect(lists.length).toBeGreaterThan(15);
    for (const name of lists) {
      // It has no end; its own tests read it.
      if (name === "GET /api/v1/events") continue;
      const query = name === "GET /api/v1/search" ? "?q=secret" : "";
      const { text } = await call("GET", asked(name)[1] + query, bob);
      for (const secret of secrets()) expect(text, name).not.toContain(secret);
    }
    expect((await call("GET", "/api/v1/search?q=secret", ada)).text).toContain(things.file);
  });

  it("moves nothing of his own into another's folder", async () => {
    const { body: file } = await call("PUT", "/api/v1/files/mine", { token: bob.token, body: "" });
    const { body: own } = await call("POST", "/api/v1/folders", { token: bob.token, body: { name: "own" } });
    for (const [path, body] of [
      [`files/${file.file_id}`, { folder_id: things.folder }],
      [`folders/${own.id}`, { parent_id: things.folder }],
    ] as const) {
      const answer = await call("PATCH", `/api/v1/${path}`, { token: bob.token, body });
      expect([answer.status, answer.body.error.code], path).toEqual([404, NO_FOLDER]);
    }
  });
});
