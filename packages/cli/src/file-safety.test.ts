import { fakeNode } from "@commonhold/client/testing/fake-facts.ts";
import { addFakeFile } from "@commonhold/client/testing/fake-state.ts";
import { describe, expect, test, vi } from "vitest";
import { json, openHome } from "./testing/cli-home.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

/** A network of five nodes with one file, and two of another name. */
async function openNetwork() {
  const { run, fake } = await openHome();
  for (const name of ["barn", "cellar", "den", "eaves"]) fake.state.nodes.push(fakeNode(name));
  const film = addFakeFile(fake.state, "film.bin", new Uint8Array(250_000));
  return { run, fake, film };
}

const done = (stdout: string) => ({ stdout, stderr: "", exitCode: 0 });
const refused = (exitCode: number, words: string) => ({
  stdout: "",
  stderr: expect.stringContaining(words),
  exitCode,
});

describe("restore", () => {
  test("what was removed is listed with its end, and comes back", async () => {
    const { run, film, fake } = await openNetwork();
    expect((await run(["ls", "--deleted"])).stderr).toBe("Nothing was removed that could be restored\n");
    await run(["rm", "film.bin"]);
    const [short, long, asJson] = await Promise.all([
      run(["ls", "--deleted"]),
      run(["ls", "--deleted", "--long"]),
      run(["ls", "--deleted", "--json"]),
    ]);
    expect(short.stdout).toMatch(/^ +SIZE +STORED +GONE AFTER +NAME\n250 kB +20.* 20.* +film\.bin\n$/);
    expect(long.stdout).toMatch(/^ID +SIZE +CHUNKS +COPIES +STORED +GONE AFTER +NAME\n/);
    expect(json(asJson.stdout)).toMatchObject({ items: [{ file_id: film.file_id, gone_at: expect.any(String) }] });
    expect((await run(["ls"])).stdout).not.toContain("film.bin");
    expect(await run(["restore", "film.bin"])).toEqual(done(`restored film.bin (${film.file_id})\n`));
    expect(fake.state.files.get(film.file_id)).toEqual(film);
  });

  test("of files of one name the newest comes back, by its id any, and a folder with all that was in it", async () => {
    const { run, fake } = await openNetwork();
    for (const name of ["docs/a", "docs/deep/b", "x/twin", "y/twin"]) addFakeFile(fake.state, name, new Uint8Array(1));
    const ids = new Map([...fake.state.files.values()].map((file) => [file.filename, file.file_id]));
    await run(["rm", "x/twin", "y/twin"]);
    const restored = await run(["restore", "twin", "--json"]);
    expect(json(restored.stdout)).toMatchObject({ items: [{ file_id: ids.get("y/twin"), filename: "twin" }] });
    expect((await run(["restore", ids.get("x/twin")!, "--quiet"])).stdout).toBe("");
    expect(fake.state.files.has(ids.get("x/twin")!)).toBe(true);
    await run(["rm", "-r", "docs"]);
    expect((await run(["ls", "--deleted"])).stdout).toMatch(/ docs\/\n$/);
    expect((await run(["restore", "docs"])).stdout).toMatch(/^restored docs\/ \([0-9a-f-]{36}\)\n$/);
    expect([ids.get("docs/a"), ids.get("docs/deep/b")].every((id) => fake.state.files.has(id!))).toBe(true);
    expect(await run(["restore", "docs"])).toMatchObject(refused(66, 'nothing "docs" was removed'));
  });

  test("a name that was not removed restores nothing, whatever else is named", async () => {
    const { run, fake, film } = await openNetwork();
    await run(["rm", "film.bin"]);
    const says = '"none" was removed that could be restored: "commonhold ls --deleted" shows what could';
    expect(await run(["restore", "film.bin", "none"])).toMatchObject(refused(66, says));
    const id = "00000000-0000-7000-8000-0000000fffff";
    expect(await run(["restore", id])).toMatchObject(refused(66, `you have no folder ${id} (FOLDER_NOT_FOUND)`));
    expect(fake.state.deleted.has(film.file_id)).toBe(true);
  });
});

describe("priority and replicas", () => {
  test("say what is promised now, and what is not there yet", async () => {
    const { run, fake, film } = await openNetwork();
    expect(await run(["priority", "film.bin", "low"])).toEqual(done("film.bin: priority low, 1 copy\n"));
    fake.state.health = { state: "degraded", chunks_short: 2, chunks_unreadable: 0 };
    expect(await run(["priority", film.file_id, "critical", "--copies", "4"])).toEqual(
      done("film.bin: priority critical, 4 copies; 2 of 3 chunks still lack some\n"),
    );
    fake.state.health = { state: "degraded", chunks_short: 1, chunks_unreadable: 0 };
    const five = await run(["replicas", "film.bin", "5"]);
    expect(five).toEqual(done("film.bin: priority critical, 5 copies; 1 chunk still lacks some\n"));
    const asJson = await run(["replicas", "film.bin", "2", "--json"]);
    expect(json(asJson.stdout)).toMatchObject({ file_id: film.file_id, priority: "critical", copies: 2 });
  });

  test("are refused for no file, a folder, and more copies than nodes", async () => {
    const { run, fake, film } = await openNetwork();
    addFakeFile(fake.state, "docs/a", new Uint8Array(1));
    expect(await run(["priority", "none", "high"])).toMatchObject(refused(66, 'no file or folder "none"'));
    expect(await run(["replicas", "docs", "2"])).toMatchObject(refused(64, '"docs" is a folder: name a file'));
    const many = await run(["replicas", "film.bin", "6"]);
    expect(many).toMatchObject(refused(69, "6 copies need 6 nodes and there are 5 (NOT_ENOUGH_NODES)"));
    expect(fake.state.files.get(film.file_id)).toEqual(film);
  });
});

describe("pin and show", () => {
  test("nodes are named by name or id, and show tells which hold the file", async () => {
    const { run, fake, film } = await openNetwork();
    const [attic, barn] = fake.state.nodes;
    expect(await run(["pin", "film.bin", "--node", "barn"])).toEqual(done("film.bin is pinned to barn\n"));
    const second = await run(["pin", film.file_id, "--node", attic!.id, "--json"]);
    expect(json(second.stdout)).toMatchObject({ file_id: film.file_id, pins: [barn!.id, attic!.id] });
    expect((await run(["show", "film.bin"])).stdout).toMatch(/^Pinned to +barn, attic$/m);
    const unpinned = await run(["unpin", "film.bin", "--node", "barn"]);
    expect(unpinned).toEqual(done("film.bin is no longer pinned to barn\n"));
    expect(fake.state.files.get(film.file_id)?.pins).toEqual([attic!.id]);
  });

  test("a pin to a node that takes nothing now is set, with a warning", async () => {
    const { run, fake } = await openNetwork();
    fake.state.nodes[1] = { ...fake.state.nodes[1]!, status: "drained" };
    expect(await run(["pin", "film.bin", "--node", "barn"])).toMatchObject({
      exitCode: 0,
      stdout: "film.bin is pinned to barn\n",
      stderr: expect.stringContaining("node barn is drained"),
    });
  });

  test("an unknown node or file pins nothing", async () => {
    const { run, fake } = await openNetwork();
    const says = 'there is no node "loft": "commonhold nodes" shows which there are (NODE_NOT_FOUND)';
    expect(await run(["pin", "film.bin", "--node", "loft"])).toMatchObject(refused(66, says));
    const { id } = fakeNode("loft");
    expect(await run(["unpin", "film.bin", "--node", id])).toMatchObject(refused(66, `there is no node ${id}`));
    expect(await run(["pin", "none", "--node", "barn"])).toMatchObject(refused(66, 'no file or folder "none"'));
    expect([...fake.state.files.values()].flatMap((file) => file.pins)).toEqual([]);
  });

  test.each([
    [{ state: "whole", chunks_short: 0, chunks_unreadable: 0 }, "3, all there"],
    [{ state: "degraded", chunks_short: 2, chunks_unreadable: 0 }, "3; 2 of 3 chunks lack some"],
    [{ state: "critical", chunks_short: 1, chunks_unreadable: 0 }, "3; 1 of 3 chunks lacks some"],
    [
      { state: "unreadable", chunks_short: 2, chunks_unreadable: 1 },
      "3; 2 of 3 chunks lack some, 1 of them cannot be read until a node returns",
    ],
    [
      { state: "unreadable", chunks_short: 2, chunks_unreadable: 2 },
      "3; 2 of 3 chunks cannot be read until a node returns",
    ],
  ])("show says of %o: %s", async (health, copies) => {
    const { run, fake, film } = await openNetwork();
    fake.state.health = health;
    const [plain, asJson] = await Promise.all([run(["show", "film.bin"]), run(["show", "film.bin", "--json"])]);
    const lines = plain.stdout.trimEnd().split("\n");
    expect(lines).toEqual([
      "File       film.bin",
      `Id         ${film.file_id}`,
      "Size       250 kB in 3 chunks",
      expect.stringMatching(/^Stored {5}20\d\d-\d\d-\d\d \d\d:\d\d$/),
      "Priority   normal",
      `Copies     ${copies}`,
      "Pinned to  no node",
    ]);
    expect(json(asJson.stdout)).toMatchObject({ file_id: film.file_id, health });
  });
});
