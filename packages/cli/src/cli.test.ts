import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { addFakeFile } from "@commonhold/client/testing/fake-state.ts";
import { describe, expect, test, vi } from "vitest";
import { EMAIL, json, openHome, PASSWORD } from "./testing/cli-home.ts";
import { eventually } from "./testing/eventually.ts";
import { runCli } from "./testing/run-cli.ts";
import { tempFolder } from "./testing/temp-folder.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

describe("what is asked for wrongly", () => {
  test("the help names the commands in groups, with examples, variables and exit codes", async () => {
    const { stdout, exitCode } = await runCli(["--help"], { home: await tempFolder() });
    expect(exitCode).toBe(0);
    const headings = stdout.split("\n").filter((line) => /^\S.*:$/.test(line) && !line.startsWith("Usage"));
    expect(headings).toEqual([
      "Options:",
      "Files:",
      "Share files:",
      "Account:",
      "Network:",
      "Run a network:",
      "Keep a network well:",
      "Lend a disk:",
      "Commands:",
      "Examples:",
      "Environment:",
      "Exit codes:",
    ]);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*? {2,}[a-z]/gm)].map((match) => match[1]);
    for (const name of ["put", "ls", "get", "rm", "login", "status", "nodes", "token", "node", "repair"]) {
      expect(commands).toContain(name);
    }
    expect(stdout).toContain("commonhold network start                 a whole network on this machine, to try it out");
    expect(stdout).toContain("COMMONHOLD_TOKEN");
    expect(stdout).toContain("130 interrupted");
  });

  test.each([
    { args: ["lss"], says: `unknown command 'lss' (Did you mean ls?). See "commonhold --help"` },
    {
      args: ["token", "craete"],
      says: `unknown command 'craete' (Did you mean create?). See "commonhold token --help"`,
    },
    { args: ["put"], says: `missing required argument 'file'. See "commonhold put --help"` },
    { args: ["ls", "--nope"], says: `unknown option '--nope'. See "commonhold ls --help"` },
    { args: ["put", "a", "--parallel", "0"], says: "Give a whole number from 1 to 64" },
    { args: ["put", "a", "--copies", "17"], says: "Give a whole number from 1 to 16" },
    { args: ["replicas", "a", "0"], says: "'0' is invalid for argument 'n'. Give a whole number from 1 to 16. See" },
    { args: ["replicas", "a", "17"], says: "Give a whole number from 1 to 16" },
    { args: ["priority", "a", "urgent"], says: `is expendable, low, normal, high, critical, not "urgent"` },
    { args: ["priority", "a", "high", "--copies", "0"], says: "Give a whole number from 1 to 16" },
    { args: ["pin", "a"], says: `required option '--node <node>' not specified. See "commonhold pin --help"` },
    { args: ["jobs", "puase", "repair"], says: "unknown command 'puase': there is list, run, pause, resume, throttle" },
    { args: ["repair", "stauts"], says: `unknown command 'stauts': there is status. See "commonhold repair --help"` },
    { args: ["rebalance", "now"], says: "too many arguments for 'rebalance'" },
    { args: ["jobs", "throttle", "repair", "--bytes-per-second", "10G"], says: `"10G" is no byte size` },
    { args: ["credits", "buy", "lots"], says: `"lots" is no amount in US dollars` },
    { args: ["ls", "--sort", "colour"], says: "--sort takes name, -name" },
    { args: ["status", "--coordinator", "localhost:80"], says: `"localhost:80" is no coordinator's address` },
    { args: ["login", EMAIL], says: "pipe it in with --password-stdin" },
    { args: ["node", "status"], says: "there is no node in data/nodes: name its folder with --data" },
  ])("$args ends with 64 and says what is right", async ({ args, says }) => {
    const { stdout, stderr, exitCode } = await runCli(args, { home: await tempFolder() });
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/^commonhold: .* \(INVALID_REQUEST\)\n$/);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 64 });
  });
});

describe("without a login or a coordinator", () => {
  test("nobody logged in is told how to", async () => {
    const { run } = await openHome({ loggedIn: false });
    const { stderr, exitCode } = await run(["ls"]);
    expect(exitCode).toBe(77);
    expect(stderr).toBe(
      'commonhold: nobody is logged in at http://127.0.0.1:8080. Log in with "commonhold login" (UNAUTHENTICATED)\n',
    );
  });

  test("a coordinator that is not there is named, as JSON where asked, with causes where asked", async () => {
    const { run, fake } = await openHome();
    await fake.stop();
    const plain = await run(["status", "--verbose"]);
    expect(plain.exitCode).toBe(69);
    expect(plain.stderr).toContain(`commonhold: cannot reach the coordinator at ${fake.url}: nothing listens there.`);
    expect(plain.stderr).toMatch(/\n {2}caused by: .*ECONNREFUSED/);
    const asJson = await run(["status", "--json"]);
    expect(json(asJson.stderr)).toMatchObject({
      error: { code: "COORDINATOR_UNREACHABLE", details: { url: fake.url }, hint: expect.any(String) },
    });
  });

  test("node init names its own option", async () => {
    const { run, fake } = await openHome({ loggedIn: false });
    await fake.stop();
    const args = ["node", "init", "--name", "attic", "--coordinator-url", fake.url, "--join-token", "token"];
    const { stderr, exitCode } = await run(args);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/--coordinator-url .*\(COORDINATOR_UNREACHABLE\)\n$/);
    expect(stderr).not.toMatch(/--coordinator\b(?!-url)/);
  });

  test("the trial account is found in the network's folder", async () => {
    const { run, home, fake } = await openHome({ loggedIn: false });
    const refused = await run(["login", "--trial"]);
    expect(refused).toMatchObject({ exitCode: 66, stderr: expect.stringContaining('"commonhold network start"') });
    expect(refused.stderr).toContain('"npm start" in a copy of the project');
    fake.state.users.set(EMAIL, { id: "1", email: EMAIL, name: "Ada", password: PASSWORD });
    await mkdir(join(home, "data", "coordinator"), { recursive: true });
    const account = join(home, "data", "coordinator", "first-account.json");
    await writeFile(account, JSON.stringify({ email: EMAIL, password: PASSWORD }), { mode: 0o600 });
    await writeFile(join(home, "data", "network.json"), JSON.stringify({ url: fake.url }));
    const { stdout, exitCode } = await run(["login", "--trial"]);
    expect({ stdout, exitCode }).toEqual({ stdout: `logged in as ${EMAIL} (admin) at ${fake.url}\n`, exitCode: 0 });
    expect((await run(["whoami"])).stdout).toContain(EMAIL);
    await writeFile(account, JSON.stringify({ email: EMAIL, password_changed: true }), { mode: 0o600 });
    const changed = await run(["login", "--trial"]);
    expect(changed).toMatchObject({ exitCode: 77, stderr: expect.stringContaining(`commonhold login ${EMAIL}`) });
  });

  test("a password is changed with the current one, and other logins end", async () => {
    const { run, fake } = await openHome();
    fake.state.users.set(EMAIL, { id: "1", email: EMAIL, name: "Ada", password: PASSWORD });
    fake.state.refreshTokens.set("elsewhere", EMAIL);
    const change = (input: string) => run(["password", "--password-stdin"], { input });
    expect(await change(`wrong\nthe next password\n`)).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining("(INVALID_CREDENTIALS)"),
    });
    expect(await change(PASSWORD)).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("two passwords") });
    const changed = await change(`${PASSWORD}\nthe next password\n`);
    expect(changed).toMatchObject({ exitCode: 0, stdout: "the password is changed\n" });
    expect(fake.state.users.get(EMAIL)?.password).toBe("the next password");
    expect(fake.state.refreshTokens.has("elsewhere")).toBe(false);
  });

  test("register and login read the password from stdin; logout forgets", async () => {
    const { run, fake } = await openHome({ loggedIn: false });
    const at = ["--coordinator", fake.url];
    const registered = await run(["register", EMAIL, "--password-stdin", "--json", ...at], { input: `${PASSWORD}\n` });
    expect(json(registered.stdout)).toMatchObject({ coordinator: fake.url, user: { email: EMAIL } });
    expect(await run(["logout"])).toMatchObject({ stdout: `logged out of ${fake.url}\n`, exitCode: 0 });
    const again = await run(["logout", ...at]);
    expect(again).toMatchObject({ stdout: "", stderr: `Nobody is logged in at ${fake.url}.\n`, exitCode: 0 });
    expect((await run(["ls", ...at])).exitCode).toBe(77);
    const wrong = await run(["login", EMAIL, "--password-stdin", ...at], { input: "guess" });
    expect(wrong).toMatchObject({ exitCode: 77, stderr: expect.stringContaining("(INVALID_CREDENTIALS)") });
    const right = await run(["login", EMAIL, "--password-stdin"], {
      input: PASSWORD,
      env: { COMMONHOLD_URL: fake.url },
    });
    expect(right).toMatchObject({ exitCode: 0, stdout: `logged in as ${EMAIL} (admin) at ${fake.url}\n` });
  });

  test("a script's token goes before the login", async () => {
    const { run, fake } = await openHome();
    fake.state.accessTokens.set("script", { email: EMAIL, expired: false });
    fake.state.accessTokens.delete("access");
    expect((await run(["whoami"], { env: { COMMONHOLD_TOKEN: "script" } })).exitCode).toBe(0);
    expect((await run(["whoami"])).exitCode).toBe(77);
  });
});

describe("files", () => {
  test("put, ls, get and rm", async () => {
    const { run, home, fake } = await openHome();
    const bytes = randomBytes(250_000);
    await writeFile(join(home, "film.bin"), bytes);
    await writeFile(join(home, "note.txt"), "hello");
    const put = await run(["put", "film.bin", "note.txt"]);
    expect(put.stdout).toMatch(
      /^stored film\.bin \(250 kB.*\) as [0-9a-f-]{36}\nstored note\.txt \(5 B\) as .*\n$|note/,
    );
    expect(put).toMatchObject({ stderr: "", exitCode: 0 });

    const list = await run(["ls", "--long"]);
    expect(list.stdout).toMatch(/^ID +SIZE +CHUNKS +COPIES +STORED +NAME\n/);
    expect(list.stdout).toMatch(/ 250 kB +3 +3 .* film\.bin\n/);
    const { items } = json((await run(["ls", "--json"])).stdout) as { items: { filename: string }[] };
    expect(items.map((item) => item.filename).toSorted()).toEqual(["film.bin", "note.txt"]);

    const got = await run(["get", "film.bin", "note.txt", "-o", "back/"]);
    expect(got.stdout).toBe(
      `saved film.bin (250 kB) to ${join(home, "back", "film.bin")}\nsaved note.txt (5 B) to ${join(home, "back", "note.txt")}\n`,
    );
    expect(await readFile(join(home, "back", "film.bin"))).toEqual(bytes);
    expect(await readdir(join(home, "back"))).toEqual(["film.bin", "note.txt"]);
    expect(await run(["get", "note.txt"])).toMatchObject({ exitCode: 73, stderr: expect.stringContaining("--force") });
    const named = await run(["get", "film.bin", "-o", "note.txt"]);
    expect(named).toMatchObject({ exitCode: 73, stderr: expect.stringContaining("(FILE_EXISTS)") });
    expect(await readFile(join(home, "note.txt"), "utf8")).toBe("hello");
    expect((await run(["get", "film.bin", "-o", "note.txt", "--force"])).exitCode).toBe(0);
    expect(await readFile(join(home, "note.txt"))).toEqual(bytes);
    expect(await run(["get", "note.txt", "-o", "-"])).toMatchObject({ stdout: "hello", exitCode: 0 });

    const removed = await run(["rm", "film.bin", "note.txt", "--json"]);
    expect(json(removed.stdout)).toMatchObject({ items: [{ filename: "film.bin" }, { filename: "note.txt" }] });
    expect(fake.state.files.size).toBe(0);
    expect((await run(["ls"])).stderr).toBe('No files yet: store one with "commonhold put FILE"\n');
  });

  test("a file that is stored again is a new version of it; the older ones are there by their ids", async () => {
    const { run, fake } = await openHome();
    const older = addFakeFile(fake.state, "docs/note.txt", Buffer.from("old"));
    const newer = addFakeFile(fake.state, "docs/note.txt", Buffer.from("new"));
    expect((await run(["get", "docs/note.txt", "-o", "-"])).stdout).toBe("new");
    expect((await run(["get", older.file_id, "-o", "-"])).stdout).toBe("old");
    const { stdout } = await run(["versions", "docs/note.txt"]);
    expect(stdout).toMatch(/^VERSION +SIZE +STORED +ID\n/);
    expect(stdout.indexOf(newer.file_id)).toBeLessThan(stdout.indexOf(older.file_id));
    const asJson = json((await run(["versions", newer.file_id, "--json"])).stdout);
    expect(asJson).toMatchObject({ items: [{ version: 2 }, { version: 1 }] });
    expect(await run(["get", "docs/film"])).toMatchObject({
      exitCode: 66,
      stderr: expect.stringContaining('no file or folder "docs/film"'),
    });
    expect(await run(["get", "note.txt"])).toMatchObject({ exitCode: 66 });
  });

  test("folders are made, listed, moved, searched and removed by their paths", async () => {
    const { run, home, fake } = await openHome();
    await writeFile(join(home, "a.md"), "a");
    expect((await run(["mkdir", "docs/2026"])).stdout).toMatch(/^made docs\/2026 \([0-9a-f-]{36}\)\n$/);
    expect((await run(["mkdir", "docs/2026"])).exitCode).toBe(0);
    expect((await run(["put", "a.md", "docs/2026/"])).stdout).toMatch(/^stored docs\/2026\/a\.md /);
    expect((await run(["put", "a.md", "docs/b.md"])).stdout).toMatch(/^stored docs\/b\.md /);
    expect(await run(["put", "a.md", "a.md", "docs/c.md"])).toMatchObject({ exitCode: 64 });
    expect(await run(["put", "a.md", "docs/c.md", "--name", "d"])).toMatchObject({ exitCode: 64 });
    expect((await run(["ls"])).stdout).toMatch(/NAME\n.* docs\/\n$/);
    expect((await run(["ls", "docs"])).stdout).toMatch(/NAME\n.* 2026\/\n.* b\.md\n$/);
    expect((await run(["ls", "docs/b.md", "--quiet"])).stdout).toMatch(/^ *1 B .* b\.md\n$/);
    expect(json((await run(["ls", "docs", "--json"])).stdout)).toMatchObject({
      folders: [{ name: "2026" }],
      items: [{ filename: "b.md" }],
    });
    expect((await run(["mv", "docs/b.md", "docs/2026"])).stdout).toBe("moved docs/b.md to docs/2026/b.md\n");
    expect((await run(["mv", "docs/2026/b.md", "/c.md"])).stdout).toBe("moved docs/2026/b.md to c.md\n");
    expect(await run(["mv", "c.md", "docs/2026/a.md"])).toMatchObject({ exitCode: 73 });
    expect(await run(["mv", "c.md", "none/c.md"])).toMatchObject({
      exitCode: 66,
      stderr: expect.stringContaining('no folder "none"'),
    });
    expect((await run(["mv", "docs/2026", "papers"])).exitCode).toBe(0);
    expect((await run(["search", "A.MD"])).stdout).toBe("papers/a.md\n");
    expect((await run(["search", "paper"])).stdout).toBe("papers/\n");
    expect((await run(["search", "nowhere"])).stderr).toBe('No name contains "nowhere"\n');
    expect(await run(["rm", "papers"])).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("add -r") });
    expect(await run(["rm", "-r", "/"])).toMatchObject({ exitCode: 64 });
    expect((await run(["rm", "-r", "papers", "docs"])).stdout.split("\n")).toHaveLength(3);
    expect([...fake.state.files.values()].map((file) => file.filename)).toEqual(["c.md"]);
    expect((await run(["ls", "docs"])).exitCode).toBe(66);
  });

  test("folders need -r, names one file, and what is missing stops everything", async () => {
    const { run, home, fake } = await openHome();
    await mkdir(join(home, "docs", "deep"), { recursive: true });
    await writeFile(join(home, "docs", "a.md"), "a");
    await writeFile(join(home, "docs", "deep", "b.md"), "b");
    expect(await run(["put", "docs"])).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("add -r") });
    expect(await run(["put", "docs/a.md", "none.md"])).toMatchObject({
      exitCode: 66,
      stderr: 'commonhold: there is no file "none.md" on this machine (FILE_NOT_FOUND)\n',
    });
    expect(await run(["put", "docs/a.md", "docs/deep/b.md", "--name", "x"])).toMatchObject({ exitCode: 64 });
    expect(fake.state.files.size).toBe(0);
    const tree = json((await run(["put", "-r", "docs", "--json"])).stdout) as { items: { filename: string }[] };
    expect(tree.items.map((item) => item.filename)).toEqual(["a.md", "b.md"]);
    expect([...fake.state.files.values()].map((file) => file.filename).toSorted()).toEqual([
      "docs/a.md",
      "docs/deep/b.md",
    ]);
    expect((await run(["put", "docs/a.md", "--name", "x", "--quiet"])).stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  });

  test("get -r fetches folders as they are, and rm -r removes them", async () => {
    const { run, home, fake } = await openHome();
    const add = (name: string, text: string) => addFakeFile(fake.state, name, Buffer.from(text));
    add("docs/a.md", "old");
    add("docs/a.md", "new");
    add("docs/deep/b.md", "b");
    add("docs/../../out", "out");
    add("mydocs/c.md", "c");
    add("docs.md", "d");
    expect(await run(["get", "-r", "docs", "-o", "-"])).toMatchObject({ exitCode: 64 });
    expect(await run(["get", "-r", "none/"])).toMatchObject({ exitCode: 66, stderr: expect.stringContaining("none/") });
    expect(await run(["get", "docs"])).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("add -r") });
    const got = await run(["get", "-r", "docs/", "docs.md", "-o", "back"]);
    expect(got).toMatchObject({ stderr: "", exitCode: 0 });
    expect(await readFile(join(home, "back", "docs", "a.md"), "utf8")).toBe("new");
    expect((await readdir(join(home, "back"), { recursive: true })).toSorted()).toEqual(
      ["docs", "docs.md", "docs/__", "docs/__/__", "docs/__/__/out", "docs/a.md", "docs/deep", "docs/deep/b.md"].sort(),
    );
    expect(existsSync(join(home, "out"))).toBe(false);
    expect((await run(["get", "-r", "docs", "-o", "back"])).exitCode).toBe(73);

    const removed = await run(["rm", "-r", "docs"]);
    expect(removed.stdout).toMatch(/^removed docs\/ \([0-9a-f-]{36}\)\n$/);
    expect(removed.stderr).toMatch(
      /^".*commonhold.* restore" brings back .*; ".*commonhold.* ls --deleted" shows until when\.\n$/,
    );
    expect([...fake.state.files.values()].map((file) => file.filename)).toEqual(["mydocs/c.md", "docs.md"]);
    expect((await run(["rm", "-r", "docs"])).exitCode).toBe(66);
    expect((await run(["rm", "-r", "docs.md"])).exitCode).toBe(0);
  });

  test("put says where copies are missing that are not on their way", async () => {
    const { run, home, fake } = await openHome();
    for (const name of ["a", "b"]) await writeFile(join(home, name), name);
    fake.state.replicas = { promised: 3, min: 2, pending: 1 };
    expect((await run(["put", "a"])).stderr).toBe("");
    fake.state.replicas = { promised: 3, min: 2, pending: 0 };
    const why = "2 of 3 copies stand; the network has too few nodes for more.\n";
    expect(await run(["put", "a"])).toMatchObject({ stderr: `Of a ${why}`, exitCode: 0 });
    expect((await run(["put", "a", "b"])).stderr).toBe(`Of 2 files, at worst, ${why}`);
    expect((await run(["put", "a", "--copies", "17"])).exitCode).toBe(64);
  });

  test("of several files those that fail are told, the others are stored", async () => {
    const { run, home, fake } = await openHome();
    for (const name of ["a", "bad", "c"]) await writeFile(join(home, name), name);
    fake.fault = ({ path, body, response }) => {
      if (!path.endsWith("/initiate") || !Buffer.from(body).includes('"bad"')) return false;
      response.writeHead(422).end('{"error":{"code":"CHECKSUM_MISMATCH","message":"it is not what it was"}}');
      return true;
    };
    const { stdout, stderr, exitCode } = await run(["put", "a", "bad", "c"]);
    expect(stderr).toBe("commonhold: bad was not stored: it is not what it was (CHECKSUM_MISMATCH)\n");
    expect(stdout.split("\n")).toHaveLength(3);
    expect(exitCode).toBe(65);
  });

  test("an upload that Ctrl-C interrupted goes on where it was", async () => {
    const { run, home, fake } = await openHome({ chunkSize: 100_000 });
    const bytes = randomBytes(1_000_000);
    await writeFile(join(home, "film.bin"), bytes);
    const chunkCalls = () => fake.calls.filter((call) => call.endsWith("/chunk")).length;
    let interrupt = () => {};
    fake.fault = ({ path }) => {
      if (!path.endsWith("/chunk") || chunkCalls() <= 5) return false;
      interrupt();
      return true;
    };
    const interrupted = await run(["put", "film.bin", "--parallel", "1"], {
      onStart: (child) => {
        interrupt = () => void child.kill("SIGINT");
      },
    });
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain("the same command goes on from there");
    fake.fault = undefined;
    fake.calls.length = 0;
    expect((await run(["put", "film.bin"])).exitCode).toBe(0);
    expect(chunkCalls()).toBe(5);
    expect([...fake.state.files.values()].map((file) => Buffer.from(file.bytes))).toEqual([bytes]);
    expect(await readdir(join(home, "state", "commonhold", "uploads"))).toEqual([]);
  });

  test("a download that was killed with -9 goes on where it was", async () => {
    const { run, home, fake } = await openHome();
    const file = addFakeFile(fake.state, "film.bin", randomBytes(500_000));
    const headers = { etag: `"${file.content_id}"`, "content-length": file.size_bytes };
    const part = join(home, "film.bin.part");
    fake.fault = ({ path, response }) => {
      if (!path.endsWith("/download")) return false;
      response.writeHead(200, headers).write(file.bytes.subarray(0, 200_000));
      return true;
    };
    const killed = await run(["get", "film.bin"], {
      onStart: (child) => {
        void eventually("the part", async () => existsSync(part) && (await readFile(part)).length === 200_000).then(
          () => child.kill("SIGKILL"),
        );
      },
    });
    expect(killed.exitCode).toBeNull();
    let range: string | undefined;
    fake.fault = ({ request, path }) => {
      if (path.endsWith("/download")) range = request.headers.range;
      return false;
    };
    expect((await run(["get", "film.bin"])).exitCode).toBe(0);
    expect(range).toBe("bytes=200000-");
    expect(await readFile(join(home, "film.bin"))).toEqual(Buffer.from(file.bytes));
    expect(existsSync(part)).toBe(false);
  });
});

describe("account and network", () => {
  test.each([
    { args: ["whoami"], shape: { email: EMAIL, credits: { available: "10.5" }, coordinator: expect.any(String) } },
    { args: ["credits"], shape: { state: "low", available: "10.5", reserved: "0", prepaid: "3", debt: "0" } },
    { args: ["earnings", "--node", "attic"], shape: { items: [{ node: "attic", totals: { net: "1.71" } }] } },
    { args: ["credits", "buy", "2.50"], shape: { status: "completed", amount_usd: "2.50" } },
    { args: ["credits", "days"], shape: { items: [{ day: "2025-12-31", charged: "2.7" }, { charged: "0.3" }] } },
    { args: ["audits", "periods"], shape: { items: [{ day: "2026-01-02", key: null }, { day: "2026-01-01" }] } },
    { args: ["credits", "history"], shape: { items: [{ kind: "purchase", amount: "10" }] } },
    { args: ["nodes"], shape: { items: [{ name: "attic", status: "active", capacity_bytes: 10_000_000_000 }] } },
    { args: ["status"], shape: { nodes: { active: 1 }, chunks: { under_replicated: 0 }, repair: { state: "idle" } } },
    { args: ["token", "create", "--uses", "3"], shape: { join_token: "join-1", uses: 3 } },
  ])("$args gives its answer as JSON and as text", async ({ args, shape }) => {
    const { run } = await openHome();
    const [asJson, plain] = await Promise.all([run([...args, "--json"]), run(args)]);
    expect(json(asJson.stdout)).toMatchObject(shape);
    expect(asJson).toMatchObject({ stderr: "", exitCode: 0 });
    expect(plain.exitCode).toBe(0);
    expect(plain.stdout.length).toBeGreaterThan(5);
    expect(plain.stdout).not.toContain("undefined");
  });

  test("a join token comes with what to type on a machine that has nothing of Commonhold yet", async () => {
    const { run } = await openHome();
    const { stdout, stderr } = await run(["token", "create"]);
    expect(stdout + stderr).toMatch(/\n {2}npm run setup\n {2}npx commonhold node init/);
  });

  test("a reader that stops reading ends the command without a word", async () => {
    const { run, fake } = await openHome();
    addFakeFile(fake.state, "big.bin", new Uint8Array(5_000_000));
    const { stderr, exitCode } = await run(["get", "big.bin", "-o", "-"], {
      onStart: (child) => child.stdout.once("data", () => child.stdout.destroy()),
    });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 141 });
  });
});
