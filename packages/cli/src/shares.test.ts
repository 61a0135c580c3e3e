import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addFakeFile } from "@commonhold/client/testing/fake-state.ts";
import { expect, test, vi } from "vitest";
import { json, openHome } from "./testing/cli-home.ts";
import { runCli } from "./testing/run-cli.ts";
import { tempFolder } from "./testing/temp-folder.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

test("a stored file is shared, listed, received without a login, and taken back", async () => {
  const { home, fake, run } = await openHome();
  addFakeFile(fake.state, "Bericht.txt", Buffer.from("hello"));
  await writeFile(join(home, "password"), "sesam\n");
  const shared = await run([
    "share",
    "Bericht.txt",
    "--expires",
    "7d",
    "--downloads",
    "2",
    "--password-file",
    "password",
  ]);
  expect(shared).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("2 times, with the password") });
  const link = shared.stdout.trim();
  expect([...fake.state.shares.values()]).toMatchObject([
    { expires_in_s: 604_800, downloads_max: 2, password: "sesam" },
  ]);
  const listed = await run(["shares"]);
  expect(listed.stdout).toMatch(/0 of 2 +password +Bericht\.txt/);

  const guest = await tempFolder();
  await writeFile(join(guest, "password"), "sesam");
  const unasked = await runCli(["receive", link], { home: guest });
  expect(unasked).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("--password-file") });
  const received = await runCli(["receive", "-", "--password-file", "password"], { home: guest, input: `${link}\n` });
  expect(received).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("saved Bericht.txt (5 B) of Ada") });
  expect(await readFile(join(guest, "Bericht.txt"), "utf8")).toBe("hello");
  const again = await runCli(["receive", link, "--password-file", "password"], { home: guest });
  expect(again).toMatchObject({ exitCode: 73, stderr: expect.stringContaining("FILE_EXISTS") });

  const id = [...fake.state.shares.keys()][0]!;
  expect(await run(["unshare", id])).toMatchObject({ exitCode: 0, stdout: `took back ${id}\n` });
  const gone = await runCli(["receive", link, "--password-file", "password", "-o", "x"], { home: guest });
  expect(gone).toMatchObject({ exitCode: 66, stderr: expect.stringContaining("SHARE_NOT_FOUND") });
});

test("a file is sealed here, and its name leads nowhere there", async () => {
  const { home, fake, run } = await openHome();
  await writeFile(join(home, "geheim.txt"), "secret");
  const shared = await run(["share", "geheim.txt", "--sealed", "--json"]);
  expect(shared.exitCode).toBe(0);
  const { link, sealed, filename } = json(shared.stdout);
  expect([sealed, filename]).toEqual([true, expect.stringMatching(/\.chsealed$/)]);
  expect([...fake.state.files.values()].every(({ bytes }) => !Buffer.from(bytes).includes("secret"))).toBe(true);
  const guest = await tempFolder();
  await mkdir(join(guest, "in"));
  expect(await runCli(["receive", link as string, "-o", "in"], { home: guest })).toMatchObject({ exitCode: 0 });
  expect(await readFile(join(guest, "in", "geheim.txt"), "utf8")).toBe("secret");
  const broken = await runCli(["receive", (link as string).slice(0, -3), "-o", "y"], { home: guest });
  expect(broken).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("copy all of the link") });

  addFakeFile(fake.state, "../../evil.txt", Buffer.from("x"));
  const evil = [...fake.state.files.values()].at(-1)!.file_id;
  const evilLink = (await run(["share", evil])).stdout.trim();
  expect(await runCli(["receive", evilLink, "-o", "in"], { home: guest })).toMatchObject({ exitCode: 0 });
  expect((await readdir(join(guest, "in"))).sort()).toEqual(["evil.txt", "geheim.txt"]);
});

test.each([
  { args: ["receive", "http://h/x"], says: "this is no link to a shared file" },
  { args: ["share", "a", "--downloads", "0"], says: "Give a whole number from 1 to 1000000" },
  { args: ["share", "a", "--expires", "soon"], says: 'Give a time such as "30min"' },
])("$args ends with 64 and says what is right", async ({ args, says }) => {
  const { stderr, exitCode } = await runCli(args, { home: await tempFolder() });
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining(says)]);
});
