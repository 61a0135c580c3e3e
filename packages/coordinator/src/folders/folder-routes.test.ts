import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createFolderSteps } from "./folder-steps.ts";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";

const NOBODY = "01890000-0000-7000-8000-000000000000";

let api: WholeApi;
/** A folder of each test, so that none meets another's names. */
let home: string;
let tests = 0;
beforeAll(async () => {
  api = await openWholeApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  tests += 1;
  home = (await makeFolder(`home ${tests}`, null)).id;
});

async function makeFolder(name: string, parent: string | null): Promise<{ id: string; parent_id: string | null }> {
  const { status, body } = await api.call("POST", "/api/v1/folders", { body: { name, parent_id: parent } });
  expect(status).toBe(201);
  return body;
}

async function put(name: string, folder = home, bytes = name) {
  const address = `/api/v1/files?filename=${encodeURIComponent(name)}&folder_id=${folder}`;
  const { status, body } = await api.call("POST", address, { body: bytes });
  expect(status).toBe(201);
  return body;
}

const refusal = async (method: string, address: string, body?: object, token?: string) => {
  const answer = await api.call(method, address, { body, ...(token === undefined ? {} : { token }) });
  return [answer.status, answer.body?.error?.code];
};
const namesIn = async (folder: string): Promise<string[]> =>
  (await api.call("GET", `/api/v1/files?folder=${folder}&sort=name`)).body.items.map(
    ({ filename }: { filename: string }) => filename,
  );
const text = async (id: string) => await (await api.fetch("GET", `/api/v1/files/${id}/download`)).text();

describe("folders", () => {
  it("are made, listed by name page for page, and found by id and by path, which ends in themselves", async () => {
    for (const name of ["b", "a", "ä"]) await makeFolder(name, home);
    const first = (await api.call("GET", `/api/v1/folders?parent=${home}&limit=2`)).body;
    const cursor = encodeURIComponent(first.next_cursor);
    const second = (await api.call("GET", `/api/v1/folders?parent=${home}&limit=2&cursor=${cursor}`)).body;
    const named = [...first.items, ...second.items].map(({ name }) => name);
    expect([named, second.next_cursor]).toEqual([["a", "b", "ä"], null]);
    const inner = await makeFolder("inner", second.items[0].id);
    const at = await api.call("GET", `/api/v1/folders/at?path=${encodeURIComponent(`/home ${tests}/ä/inner`)}`);
    expect(at.body).toMatchObject({ id: inner.id, parent_id: second.items[0].id });
    expect(at.body.path.map(({ name }: { name: string }) => name)).toEqual([`home ${tests}`, "ä", "inner"]);
    expect((await api.call("GET", `/api/v1/folders/${inner.id}`)).body).toEqual(at.body);
    expect((await api.call("GET", "/api/v1/folders/at?path=/")).body).toEqual({
      id: null,
      name: "",
      parent_id: null,
      created_at: null,
      path: [],
    });
    const roots = (await api.call("GET", "/api/v1/folders?parent=root")).body.items;
    expect(roots.map(({ id }: { id: string }) => id)).toContain(home);
  });

  it("of a path are made where they are missing, once", async () => {
    const body = { parent_id: home, path: "a/b/c" };
    const made = await api.call("POST", "/api/v1/folders/ensure", { body });
    expect([made.status, made.body.name]).toEqual([200, "c"]);
    expect((await api.call("POST", "/api/v1/folders/ensure", { body })).body).toEqual(made.body);
    await put("taken", home);
    expect(await refusal("POST", "/api/v1/folders/ensure", { parent_id: home, path: "taken/x" })).toEqual([
      409,
      "NAME_TAKEN",
    ]);
    const deep = { path: Array(65).fill("x").join("/") };
    expect(await refusal("POST", "/api/v1/folders/ensure", deep)).toEqual([400, "INVALID_REQUEST"]);
    const deepest = { parent_id: home, path: Array(63).fill("x").join("/") };
    const leaf = (await api.call("POST", "/api/v1/folders/ensure", { body: deepest })).body;
    expect(await refusal("POST", "/api/v1/folders", { parent_id: leaf.id, name: "y" })).toEqual([
      400,
      "INVALID_REQUEST",
    ]);
  });

  it("have a name that nothing beside them has", async () => {
    await put("file");
    const { id } = await makeFolder("folder", home);
    for (const name of ["file", "folder"])
      expect(await refusal("POST", "/api/v1/folders", { name, parent_id: home })).toEqual([409, "NAME_TAKEN"]);
    expect(await refusal("POST", `/api/v1/files?filename=folder&folder_id=${home}`)).toEqual([409, "NAME_TAKEN"]);
    expect(await refusal("PATCH", `/api/v1/folders/${id}`, { name: "file" })).toEqual([409, "NAME_TAKEN"]);
    const upload = { filename: "folder", folder_id: home, size_bytes: 1 };
    expect(await refusal("POST", "/api/v1/files/upload/initiate", upload)).toEqual([409, "NAME_TAKEN"]);
    const through = { ...upload, filename: "file/x" };
    expect(await refusal("POST", "/api/v1/files/upload/initiate", through)).toEqual([409, "NAME_TAKEN"]);
    for (const name of ["", ".", "..", "a/b", " ", "a\u0000", "x".repeat(256)])
      expect(await refusal("POST", "/api/v1/folders", { name, parent_id: home })).toEqual([400, "INVALID_REQUEST"]);
  });

  it("are renamed and moved with what lies in them, and never into themselves", async () => {
    const a = await makeFolder("a", home);
    const b = await makeFolder("b", a.id);
    const file = await put("f", b.id);
    for (const parent_id of [a.id, b.id])
      expect(await refusal("PATCH", `/api/v1/folders/${a.id}`, { parent_id })).toEqual([400, "INVALID_REQUEST"]);
    expect(await refusal("PATCH", `/api/v1/folders/${a.id}`, {})).toEqual([400, "INVALID_REQUEST"]);
    const moved = await api.call("PATCH", `/api/v1/folders/${b.id}`, { body: { parent_id: home, name: "c" } });
    expect(moved.body).toMatchObject({ id: b.id, name: "c", parent_id: home });
    const at = await api.call("GET", `/api/v1/folders/at?path=${encodeURIComponent(`home ${tests}/c/`)}`);
    expect(at.body.id).toBe(b.id);
    expect(await namesIn(b.id)).toEqual([file.filename]);
  });

  it("are nobody else's, and nobody's who is not signed in", async () => {
    const other = (await api.path.api.newUser()).accessToken;
    const calls = [
      ["GET", `/api/v1/folders/${home}`],
      ["GET", `/api/v1/folders?parent=${home}`],
      ["GET", `/api/v1/files?folder=${home}`],
      ["GET", `/api/v1/folders/at?path=${encodeURIComponent(`home ${tests}`)}`],
      ["PATCH", `/api/v1/folders/${home}`, { name: "x" }],
      ["POST", "/api/v1/folders", { name: "x", parent_id: home }],
      ["POST", "/api/v1/folders/ensure", { path: "x", parent_id: home }],
      ["DELETE", `/api/v1/folders/${home}`],
      ["POST", `/api/v1/folders/${home}/restore`],
      ["POST", "/api/v1/files/upload/initiate", { filename: "a", size_bytes: 1, folder_id: home }],
    ] as const;
    for (const [method, address, body] of calls) {
      expect(await refusal(method, address, body, other), address).toEqual([404, "FOLDER_NOT_FOUND"]);
      expect((await refusal(method, address, body, ""))[0], address).toBe(401);
    }
    for (const [method, address] of [
      ["GET", `folders/${NOBODY}`],
      ["GET", `folders?parent=${NOBODY}`],
      ["GET", "folders/at?path=/none"],
      ["DELETE", `folders/${NOBODY}`],
    ] as const)
      expect(await refusal(method, `/api/v1/${address}`), address).toEqual([404, "FOLDER_NOT_FOUND"]);
  });
});

describe("a folder in the trash", () => {
  it("is out of sight with all below, and comes back whole with what went with it", async () => {
    const a = await makeFolder("a", home);
    const b = await makeFolder("b", a.id);
    const kept = await put("kept", b.id);
    await put("kept", b.id, "newer");
    const before = (await put("deleted before", b.id)).file_id;
    await api.call("DELETE", `/api/v1/files/${before}`);
    const credits = await api.path.credits();
    expect((await api.call("DELETE", `/api/v1/folders/${a.id}`)).status).toBe(204);
    for (const address of [`folders/${a.id}`, `folders/${b.id}`, `files/${kept.file_id}`, `files?folder=${b.id}`])
      expect((await refusal("GET", `/api/v1/${address}`))[0], address).toBe(404);
    const trash = (await api.call("GET", "/api/v1/folders?deleted=true")).body.items;
    expect(trash.find(({ id }: { id: string }) => id === a.id)).toMatchObject({
      name: "a",
      gone_at: expect.any(String),
    });
    expect(trash.some(({ id }: { id: string }) => id === b.id)).toBe(false);
    const files = (await api.call("GET", "/api/v1/files?deleted=true")).body.items;
    const ids = files.map(({ file_id }: { file_id: string }) => file_id);
    expect(ids).toContain(before);
    expect(ids).not.toContain(kept.file_id);
    await makeFolder("a", home);
    const restored = await api.call("POST", `/api/v1/folders/${a.id}/restore`);
    expect([restored.status, restored.body]).toEqual([200, expect.objectContaining({ id: a.id, name: "a (2)" })]);
    expect(await namesIn(b.id)).toEqual(["kept"]);
    expect((await api.call("GET", `/api/v1/files/${kept.file_id}/versions`)).body.items).toHaveLength(2);
    expect(await api.path.credits()).toEqual(credits);
    expect((await api.call("POST", `/api/v1/folders/${a.id}/restore`)).status).toBe(200);
  });

  it("is out of sight before any of it is marked, and what a restart interrupted goes on", async () => {
    const a = await makeFolder("cut off", home);
    const b = await makeFolder("cut off below", a.id);
    const file = await put("cut off.txt", b.id);
    const { metadata, clock, random } = api.path.api;
    const steps = createFolderSteps({ metadata, clock, random });
    const own = { folder_id: a.id, owner_id: api.user.id };
    await metadata.apply("folder.delete", { ...own, now_ms: clock.nowMs() });
    const isListed = async (): Promise<boolean> => {
      const { items } = (await api.call("GET", "/api/v1/files?name=cut off.txt")).body;
      const hits = (await api.call("GET", "/api/v1/search?q=cut off")).body.items;
      const { status } = await api.call("GET", `/api/v1/files/${file.file_id}`);
      const download = (await api.fetch("HEAD", `/api/v1/files/${file.file_id}/download`)).status;
      const seen = [items.length > 0, hits.length > 0, status === 200, download === 200];
      expect(new Set(seen).size).toBe(1);
      return seen[0]!;
    };
    expect(await isListed()).toBe(false);
    expect(await refusal("POST", `/api/v1/files?filename=x&folder_id=${b.id}`)).toEqual([404, "FOLDER_NOT_FOUND"]);
    await steps.run(new AbortController().signal);
    const stateOf = async () =>
      (await metadata.read.selectFrom("files").select("state").where("id", "=", file.file_id).executeTakeFirst())
        ?.state;
    expect([await stateOf(), await isListed()]).toEqual(["deleted", false]);
    const restore = { ...own, transaction_id: `restore-${tests}`, now_ms: clock.nowMs() };
    await metadata.apply("folder.restore", restore);
    expect(await stateOf()).toBe("deleted");
    await steps.run(new AbortController().signal);
    expect([await stateOf(), await isListed()]).toEqual(["complete", true]);
  });

  it("says in which folders what is in it lay, and where it is once it is restored", async () => {
    const a = await makeFolder(`holds ${tests}`, home);
    const below = await makeFolder("below", a.id);
    const file = await put(`held ${tests}.txt`, a.id);
    const listed = async () => {
      const [folders, files] = await Promise.all(
        ["folders", "files"].map(async (kind) => (await api.call("GET", `/api/v1/${kind}?deleted=true`)).body.items),
      );
      const pathOf = (items: readonly Record<string, unknown>[], id: string) =>
        items.find((item) => [item.id, item.file_id].includes(id))?.path;
      return [pathOf(folders, below.id), pathOf(files, file.file_id)];
    };
    const restore = async (address: string) => (await api.call("POST", `/api/v1/${address}/restore`)).body;
    await api.call("DELETE", `/api/v1/folders/${below.id}`);
    await api.call("DELETE", `/api/v1/files/${file.file_id}`);
    const path = [expect.objectContaining({ id: home }), { id: a.id, name: `holds ${tests}` }];
    expect(await listed()).toEqual([path, path]);
    await api.call("DELETE", `/api/v1/folders/${a.id}`);
    expect(await listed()).toEqual([undefined, undefined]);
    expect(await restore(`folders/${below.id}`)).toMatchObject({ parent_id: null, path: [] });
    await restore(`folders/${a.id}`);
    expect(await listed()).toEqual([undefined, path]);
    expect(await restore(`files/${file.file_id}`)).toMatchObject({ folder_id: a.id, path });
    await api.call("DELETE", `/api/v1/folders/${below.id}`);
    expect(await listed()).toEqual([[], undefined]);
    const alive = (await api.call("GET", `/api/v1/files?folder=${a.id}`)).body.items;
    expect(alive).toEqual([expect.not.objectContaining({ path: expect.anything() })]);
  });

  it("gives a file that is restored to the root", async () => {
    const a = await makeFolder("a", home);
    const file = await put(`only ${tests}.txt`, a.id);
    await api.call("DELETE", `/api/v1/folders/${a.id}`);
    const restored = await api.call("POST", `/api/v1/files/${file.file_id}/restore`);
    expect(restored.body).toMatchObject({ file_id: file.file_id, folder_id: null, filename: `only ${tests}.txt` });
    await api.call("DELETE", `/api/v1/files/${file.file_id}`);
  });
});

describe("a file", () => {
  it("of a name that is there is its newest version; the older ones stay", async () => {
    const one = await put("v", home, "one");
    const two = await put("v", home, "two");
    const three = await put("v", home, "three");
    expect(three).toMatchObject({ entry_id: one.file_id, version: 3, version_count: 3, folder_id: home });
    expect(await namesIn(home)).toEqual(["v"]);
    const versions = (await api.call("GET", `/api/v1/files/${one.file_id}/versions`)).body.items;
    expect(versions.map(({ file_id }: { file_id: string }) => file_id)).toEqual([
      three.file_id,
      two.file_id,
      one.file_id,
    ]);
    expect(await text(one.file_id)).toBe("one");
    const current = await api.call("POST", `/api/v1/files/${one.file_id}/make-current`);
    expect(current.body).toMatchObject({ file_id: one.file_id, version: 4, version_count: 3 });
    const [listed] = (await api.call("GET", `/api/v1/files?folder=${home}`)).body.items;
    expect(listed.file_id).toBe(one.file_id);
  });

  it("is deleted with all versions by the newest, and an older one alone; both come back", async () => {
    const one = await put("d.txt", home, "one");
    const two = await put("d.txt", home, "two");
    await api.call("DELETE", `/api/v1/files/${one.file_id}`);
    expect((await api.call("GET", `/api/v1/files/${two.file_id}`)).body.version_count).toBe(1);
    const back = await api.call("POST", `/api/v1/files/${one.file_id}/restore`);
    expect(back.body).toMatchObject({ entry_id: two.entry_id, version: 1, version_count: 2 });
    await api.call("DELETE", `/api/v1/files/${two.file_id}`);
    expect(await namesIn(home)).toEqual([]);
    const trash = (await api.call("GET", "/api/v1/files?deleted=true")).body.items;
    const mine = trash.filter(({ entry_id }: { entry_id: string }) => entry_id === two.entry_id);
    expect(mine).toEqual([expect.objectContaining({ file_id: two.file_id, version_count: 2 })]);
    await put("d.txt", home, "another");
    const restored = await api.call("POST", `/api/v1/files/${two.file_id}/restore`);
    expect(restored.body).toMatchObject({ filename: "d (2).txt", folder_id: home, version_count: 2, version: 2 });
    expect(await text(two.file_id)).toBe("two");
  });

  it("is renamed and moved with all versions", async () => {
    const one = await put("old", home, "one");
    const two = await put("old", home, "two");
    const { id } = await makeFolder("to", home);
    await put("taken", id);
    const change = (body: object) => api.call("PATCH", `/api/v1/files/${two.file_id}`, { body });
    expect((await change({ folder_id: id, name: "taken" })).body.error.code).toBe("NAME_TAKEN");
    expect((await change({ folder_id: NOBODY })).body.error.code).toBe("FOLDER_NOT_FOUND");
    expect((await change({ name: "a/b" })).status).toBe(400);
    expect((await change({ folder_id: id, name: "new" })).body).toMatchObject({ filename: "new", folder_id: id });
    expect((await api.call("GET", `/api/v1/files/${one.file_id}`)).body).toMatchObject({
      filename: "new",
      folder_id: id,
    });
    expect((await change({ folder_id: null, name: `at the root ${tests}` })).body.folder_id).toBeNull();
  });

  it("that is not yours has no versions, and is not made current", async () => {
    const file = await put("mine");
    const other = (await api.path.api.newUser()).accessToken;
    for (const [method, action] of [
      ["GET", "versions"],
      ["POST", "make-current"],
    ] as const) {
      const address = `/api/v1/files/${file.file_id}/${action}`;
      expect(await refusal(method, address, undefined, other)).toEqual([404, "FILE_NOT_FOUND"]);
      expect((await refusal(method, address, undefined, ""))[0]).toBe(401);
    }
    expect(await refusal("PATCH", `/api/v1/files/${file.file_id}`, { name: "x" }, other)).toEqual([
      404,
      "FILE_NOT_FOUND",
    ]);
  });

  it("whose folder goes while it is uploaded comes into the root", async () => {
    const { id } = await makeFolder("going", home);
    const session = await api.initiate({ filename: `sub/late ${tests}`, folder_id: id, size_bytes: 0 });
    await api.call("DELETE", `/api/v1/folders/${id}`);
    const done = await api.call("POST", `/api/v1/files/upload/${session}/complete`);
    expect(done.body).toMatchObject({ filename: `late ${tests}`, folder_id: null });
  });
});

describe("the search", () => {
  const find = async (q: string, rest = "") =>
    (await api.call("GET", `/api/v1/search?q=${encodeURIComponent(q)}${rest}`)).body;
  const found = async (q: string) =>
    (await find(q)).items.map(
      (hit: { file?: { filename: string }; folder?: { name: string } }) => hit.file?.filename ?? hit.folder?.name,
    );

  it("finds files and folders by any part of their names, whatever the case and the accents", async () => {
    const { id } = await makeFolder("Übungen zur Algèbre", home);
    await put("ÉCOLE normale.pdf", id);
    expect(await found("ubungen")).toEqual(["Übungen zur Algèbre"]);
    expect(await found("école NOR")).toEqual(["ÉCOLE normale.pdf"]);
    const [hit] = (await find("cole norm")).items;
    expect(hit).toMatchObject({ kind: "file", file: { folder_id: id } });
    expect(hit.path.map(({ name }: { name: string }) => name)).toEqual([`home ${tests}`, "Übungen zur Algèbre"]);
    expect(await found("ub")).toEqual(["Übungen zur Algèbre"]);
    expect(await found("zur")).toHaveLength(1);
    expect(await found("zu")).toEqual([]);
    expect(await found('"AND" *')).toEqual([]);
  });

  it("knows new names, and not what was deleted, is an older version, or is another's", async () => {
    const file = await put("quixotic.txt");
    await put("quixotic.txt", home, "newer");
    expect(await found("quixo")).toEqual(["quixotic.txt"]);
    await api.call("PATCH", `/api/v1/files/${file.file_id}`, { body: { name: "sphinx.txt" } });
    expect([await found("quixo"), await found("sphin")]).toEqual([[], ["sphinx.txt"]]);
    const other = (await api.path.api.newUser()).accessToken;
    expect((await api.call("GET", "/api/v1/search?q=sphin", { token: other })).body.items).toEqual([]);
    await api.call("DELETE", `/api/v1/folders/${home}`);
    expect(await found("sphin")).toEqual([]);
    await api.call("POST", `/api/v1/folders/${home}/restore`);
    expect(await found("sphin")).toEqual(["sphinx.txt"]);
  });

  it("answers page for page, those named last first", async () => {
    for (const name of ["pager 1", "pager 2", "pager 3"]) await put(name);
    const first = await find("pager", "&limit=2");
    const second = await find("pager", `&limit=2&cursor=${first.next_cursor}`);
    const names = [...first.items, ...second.items].map(({ file }) => file.filename);
    expect([names, second.next_cursor]).toEqual([["pager 3", "pager 2", "pager 1"], null]);
    expect(await refusal("GET", "/api/v1/search?q=")).toEqual([400, "INVALID_REQUEST"]);
    expect(await refusal("GET", "/api/v1/search?q=%20")).toEqual([400, "INVALID_REQUEST"]);
    expect(await refusal("GET", "/api/v1/search?q=a&cursor=x")).toEqual([400, "INVALID_CURSOR"]);
    expect((await refusal("GET", "/api/v1/search?q=a", undefined, ""))[0]).toBe(401);
  });
});
