import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "./harness/free-port.ts";
import { RoleProcess, runCommand } from "./harness/role-process.ts";

/** What belongs to a person who starts a network, and to none of its processes. */
const PERSONAL = { COMMONHOLD_TOKEN: "personal-access-token", COMMONHOLD_JOIN_TOKEN: "chj_personal-join-token" };
const PASSWORD = "a password that nobody may see";
const WRONG_PASSWORD = "a wrong one that nobody may see either";
const CONTENT = "the content of a file, which nobody but its owner may read ".repeat(50);

let folder: string;
let url: string;
let network: RoleProcess;
let trialPassword: string;
/** Each by a name for the message of a failed test. */
const secrets = new Map<string, string>();

const data = (...path: string[]): string => join(folder, "data", ...path);
const userEnv = (): Record<string, string> => ({
  XDG_CONFIG_HOME: join(folder, "config"),
  XDG_STATE_HOME: join(folder, "state"),
  NO_COLOR: "1",
});

async function call(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}${path}`, init);
  const text = await answer.text();
  return text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
}

const post = (path: string, body: object | string, token?: string): Promise<Record<string, unknown>> =>
  call(path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

function keep(name: string, value: unknown): string {
  expect(value, name).toEqual(expect.stringMatching(/.{8,}/));
  const secret = String(value);
  secrets.set(name, secret);
  return secret;
}

async function succeed(...args: string[]): Promise<string> {
  const result = await runCommand(args, { env: userEnv(), cwd: folder });
  expect(result.code, `${args.join(" ")}: ${result.stderr}`).toBe(0);
  return result.stdout;
}

/** Everything that handles a secret: accounts, tokens, a file, a node that joins, and calls that fail. */
async function useNetwork(): Promise<void> {
  const account = { email: "ada@example.org", password: PASSWORD };
  const session = await post("/api/v1/auth/register", account);
  const token = keep("access token", session.access_token);
  keep("refresh token", session.refresh_token);
  const renewed = await post("/api/v1/auth/refresh", { refresh_token: session.refresh_token });
  keep("second refresh token", renewed.refresh_token);
  await post("/api/v1/auth/refresh", { refresh_token: session.refresh_token });
  await post("/api/v1/auth/login", { ...account, password: WRONG_PASSWORD });
  await post("/api/v1/auth/login", `{"email":"ada@example.org","password":"${PASSWORD}"`);
  await post("/api/v1/auth/login", { email: 7, password: [PASSWORD] });
  await call("/api/v1/auth/me", { headers: { authorization: `Bearer ${String(session.access_token)}x` } });
  await call(`/api/v1/balance?api_key=${PASSWORD}`, { headers: { "x-api-key": String(session.refresh_token) } });
  const file = await post("/api/v1/files?filename=diary.txt", CONTENT, token);
  expect(file.file_id, JSON.stringify(file)).toBeDefined();
  const invitation = await post("/api/v1/nodes/join-tokens", {}, token);
  keep("join token", invitation.join_token);
  const attic = ["--name", "attic", "--coordinator-url", url, "--data", data("nodes", "attic")];
  await succeed("node", "init", ...attic, "--join-token", String(invitation.join_token));
  await succeed("login", "--trial", "--data", data());
  await succeed("put", join(folder, "config", "commonhold", "credentials.json"));
  await succeed("get", "credentials.json", "-o", join(folder, "copy"));
}

async function gatherSecrets(): Promise<void> {
  keep("password", PASSWORD);
  keep("wrong password", WRONG_PASSWORD);
  keep("content", CONTENT.slice(0, 40));
  const login = JSON.parse(await readFile(join(folder, "config/commonhold/credentials.json"), "utf8")) as {
    coordinators: Record<string, { accessToken: string; refreshToken: string }>;
  };
  keep("stored access token", login.coordinators[url]?.accessToken);
  keep("stored refresh token", login.coordinators[url]?.refreshToken);
  for (const node of ["node-1", "node-2", "attic"]) {
    const credentials = JSON.parse(await readFile(data("nodes", node, "credentials.json"), "utf8")) as object;
    keep(`API key of ${node}`, (credentials as { api_key: string }).api_key);
    await keepKey(data("nodes", node, "identity.key"), 4, 36);
  }
  for (const key of ["master.key", "token.key"]) await keepKey(data("coordinator", key), 0, 32);
  await keepKey(data("coordinator", "identity.key"), 4, 36);
}

/** The secret bytes of a key's file in every spelling in which they could be written somewhere. */
async function keepKey(path: string, from: number, to: number): Promise<void> {
  const bytes = (await readFile(path)).subarray(from, to);
  expect(bytes).toHaveLength(32);
  for (const spelling of ["hex", "base64", "base64url", "latin1"] as const) {
    keep(`${path} in ${spelling}`, bytes.toString(spelling));
  }
  keep(`${path} as numbers`, [...bytes].join(","));
}

/** The names of the secrets that `text` holds. */
function secretsIn(text: string): string[] {
  return [...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => name);
}

async function everythingBelow(path: string): Promise<{ path: string; kind: string; mode: string }[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const found = entries.map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    [path, ...found].map(async (each) => {
      const info = await stat(each);
      return { path: each, kind: info.isDirectory() ? "folder" : "file", mode: (info.mode & 0o777).toString(8) };
    }),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "commonhold-secrets-"));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const umask = process.umask(0);
  try {
    network = new RoleProcess(["network", "start", "--nodes", "2", "--data", data(), "--port", String(port)], {
      group: true,
      env: {
        ...userEnv(),
        ...PERSONAL,
        COMMONHOLD_COORDINATOR_LOG_LEVEL: "trace",
        COMMONHOLD_NODE_NODE_LOG_LEVEL: "trace",
      },
    });
    await network.waitForOutput(/Ctrl-C stops everything/);
    const account = JSON.parse(await readFile(data("coordinator", "first-account.json"), "utf8")) as object;
    trialPassword = (account as { password: string }).password;
    await useNetwork();
    await gatherSecrets();
  } finally {
    process.umask(umask);
  }
});
afterAll(async () => {
  await network.end("SIGINT");
  await rm(folder, { recursive: true, force: true });
});

describe("a network that is started with no umask at all", () => {
  it("opens no file and no folder to other accounts of the machine", async () => {
    const all = [
      ...(await everythingBelow(data())),
      ...(await everythingBelow(join(folder, "config", "commonhold"))),
      ...(await everythingBelow(join(folder, "state", "commonhold"))),
    ];
    const names = all.map(({ path }) => path);
    for (const expected of [
      data("coordinator", "metadata.db-wal"),
      data("nodes", "node-1", "index.db-shm"),
      data("nodes", "attic", "node.toml"),
      data("logs", "node-2.log"),
      join(folder, "config", "commonhold", "credentials.json"),
    ]) {
      expect(names).toContain(expected);
    }
    const open = all.filter(({ kind, mode }) => mode !== (kind === "folder" ? "700" : "600"));
    expect(open).toEqual([]);
  });

  it("writes no secret into a log, however much it logs", async () => {
    for (const name of await readdir(data("logs"))) {
      const log = await readFile(data("logs", name), "utf8");
      expect(log.length, name).toBeGreaterThan(500);
      expect([name, secretsIn(log), log.includes(trialPassword)]).toEqual([name, [], false]);
    }
    expect(secretsIn(network.output)).toEqual([]);
  });

  it.skipIf(process.platform !== "linux")("shows no secret in the list of processes", async () => {
    const children = network.childPids();
    expect(children).toHaveLength(3);
    for (const pid of [network.pid, ...children]) {
      const command = await readFile(`/proc/${pid}/cmdline`, "latin1");
      expect(command.length).toBeGreaterThan(5);
      expect([pid, secretsIn(command), command.includes(trialPassword)]).toEqual([pid, [], false]);
    }
    for (const pid of children) {
      const environment = await readFile(`/proc/${pid}/environ`, "latin1");
      expect(environment).toContain("XDG_CONFIG_HOME=");
      expect([pid, secretsIn(environment), environment.includes(trialPassword)]).toEqual([pid, [], false]);
      for (const personal of Object.values(PERSONAL)) expect(environment).not.toContain(personal);
    }
  });

  it("answers no secret to strangers", async () => {
    for (const path of ["/metrics", "/openapi.json", "/docs", "/health", "/ready"]) {
      const text = await (await fetch(`${url}${path}`)).text();
      expect(text.length, path).toBeGreaterThan(10);
      expect([path, secretsIn(text)]).toEqual([path, []]);
    }
    const { url: admin } = JSON.parse(await readFile(data("nodes", "node-1", "admin.json"), "utf8")) as { url: string };
    for (const path of ["/metrics", "/status", "/chunks"]) {
      expect([path, secretsIn(await (await fetch(`${admin}${path}`)).text())]).toEqual([path, []]);
    }
  });

  it("keeps no password, no token, no key and no content in its databases and chunks", async () => {
    const kept = (await everythingBelow(data())).filter(({ path, kind }) => kind === "file" && isAtRest(path));
    expect(kept.some(({ path }) => path.endsWith("metadata.db-wal"))).toBe(true);
    expect(kept.some(({ path }) => path.includes("/packs/"))).toBe(true);
    for (const { path } of kept) {
      const bytes = await readFile(path, "latin1");
      expect([path, secretsIn(bytes), bytes.includes(trialPassword)]).toEqual([path, [], false]);
    }
  });
});

/** The files of keys and credentials are there to hold secrets; no other is. */
function isAtRest(path: string): boolean {
  return !/\/(?:[a-z]+\.key|credentials\.json|first-account\.json)$/.test(path);
}
