import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { packedChunks } from "./packed-chunks.ts";
import type { TestNetwork } from "./test-network.ts";
import { waitUntil } from "./wait-until.ts";

/** What must hold at every moment, also right after a crash; one line for each thing that does not. */
export function contradictions(network: TestNetwork): readonly string[] {
  using database = new DatabaseSync(join(network.coordinatorFolder(), "metadata.db"), {
    readOnly: true,
    readBigInts: true,
  });
  const found: string[] = [];
  const expectNoRow = (what: string, query: string): void => {
    for (const row of database.prepare(query).all()) found.push(`${what}: ${Object.values(row).join(" ")}`);
  };
  expectNoRow("account whose balance is not the sum of its entries", WRONG_BALANCES);
  expectNoRow("transaction that does not add up to zero", UNEVEN_TRANSACTIONS);
  expectNoRow("user whose reservation is not that of the open uploads", WRONG_RESERVATIONS);
  expectNoRow("complete file without all of its chunks", INCOMPLETE_FILES);
  expectNoRow("chunk of a file that no two nodes hold", UNSAFE_CHUNKS);
  expectNoRow("file being uploaded without its session", LOST_SESSIONS);
  const packed = new Map([...network.nodes.keys()].map((node) => [node, packedChunks(network.nodeFolder(node))]));
  for (const row of database.prepare(HELD_CHUNKS).all() as unknown as HeldChunk[]) {
    const path = join(network.nodeFolder(row.node), "chunks", row.name.slice(0, 1), row.name.slice(1, 2), row.name);
    const length = statSync(path, { throwIfNoEntry: false })?.size ?? packed.get(row.node)?.get(row.name);
    if (length !== Number(row.length)) found.push(`${row.node} acknowledged ${row.name} and has ${length} bytes of it`);
  }
  return found;
}

/**
 * Where these nodes' disks and the metadata do not agree on which chunks lie there; one line for each.
 * @param nodes names of nodes that are there
 */
export function misplacedChunks(network: TestNetwork, nodes: readonly string[]): readonly string[] {
  using database = new DatabaseSync(join(network.coordinatorFolder(), "metadata.db"), { readOnly: true });
  const assigned = database.prepare(
    "SELECT chunk_name FROM assignments JOIN nodes ON nodes.id = node_id WHERE nodes.name = ? AND state IN ('active', 'leaving')",
  );
  return nodes.flatMap((node) => {
    const expected = new Set(assigned.all(node).map((row) => String(row["chunk_name"])));
    const held = new Set(chunksOnDisk(network, node));
    const strays = [...held].filter((name) => !expected.has(name)).map((name) => `${node} holds ${name} for nobody`);
    const lost = [...expected].filter((name) => !held.has(name)).map((name) => `${node} does not hold ${name}`);
    return [...strays, ...lost];
  });
}

interface HeldChunk {
  readonly node: string;
  readonly name: string;
  readonly length: bigint;
}

const WRONG_BALANCES = `
  SELECT ledger_accounts.id, balance_microcredits, coalesce(sum(amount_microcredits), 0) AS entries
  FROM ledger_accounts LEFT JOIN ledger_entries ON account_id = ledger_accounts.id
  GROUP BY ledger_accounts.id HAVING balance_microcredits != entries`;
const UNEVEN_TRANSACTIONS = `
  SELECT transaction_id, sum(amount_microcredits) AS rest FROM ledger_entries GROUP BY transaction_id HAVING rest != 0`;
const WRONG_RESERVATIONS = `
  SELECT users.id, balance_microcredits, coalesce(sum(reserved_microcredits), 0) AS open
  FROM users
  JOIN ledger_accounts ON ledger_accounts.id = 'user:' || users.id || ':reserved'
  LEFT JOIN uploads ON uploads.owner_id = users.id
  GROUP BY users.id HAVING balance_microcredits != open`;
const INCOMPLETE_FILES = `
  SELECT files.id, chunk_count, size_bytes, count(chunk_index) AS count, coalesce(sum(plain_length), 0) AS length
  FROM files LEFT JOIN file_chunks ON file_id = files.id
  WHERE state = 'complete' GROUP BY files.id HAVING chunk_count != count OR size_bytes != length`;
const UNSAFE_CHUNKS = `
  SELECT DISTINCT file_chunks.chunk_name FROM file_chunks WHERE (
    SELECT count(*) FROM assignments WHERE assignments.chunk_name = file_chunks.chunk_name AND state = 'active') < 2`;
const LOST_SESSIONS = `
  SELECT files.id FROM files LEFT JOIN uploads ON uploads.file_id = files.id
  WHERE state = 'uploading' AND uploads.id IS NULL`;
const HELD_CHUNKS = `
  SELECT nodes.name AS node, chunks.name, sealed_length AS length
  FROM assignments JOIN nodes ON nodes.id = node_id JOIN chunks ON chunks.name = chunk_name WHERE state = 'active'`;

/** Uploads that are open. */
export function openUploads(network: TestNetwork): readonly { readonly id: string; readonly name: string }[] {
  using database = new DatabaseSync(join(network.coordinatorFolder(), "metadata.db"), { readOnly: true });
  const rows = database
    .prepare("SELECT uploads.id, name FROM files JOIN uploads ON file_id = files.id WHERE state = 'uploading'")
    .all();
  return rows.map((row) => ({ id: String(row["id"]), name: String(row["name"]) }));
}

/**
 * Fails if temporary files of the coordinator or of the nodes stay. One that is there at a look may be of a file that
 * is being written at that moment: credentials are renewed and late copies go on while a test looks.
 */
export async function expectNoTemporaryFiles(network: TestNetwork): Promise<void> {
  await expect.poll(() => temporaryFiles(network), { timeout: 10_000 }).toEqual([]);
}

/** By their paths in the network's folder. */
function temporaryFiles(network: TestNetwork): readonly string[] {
  const own = filesBelow(network.coordinatorFolder()).filter((path) => path.endsWith(".tmp"));
  const ofNodes = [...network.nodes.keys()].flatMap((name) => {
    const written = filesBelow(join(network.nodeFolder(name), "tmp")).map((path) => join(name, "tmp", path));
    const replaced = readdirSync(network.nodeFolder(name)).filter((path) => path.endsWith(".tmp"));
    return [...written, ...replaced.map((path) => join(name, path))];
  });
  return [...own, ...ofNodes];
}

/** Fails if a running node does not list what lies on its disk; a chunk that comes meanwhile is no difference. */
export async function expectListedAsStored(network: TestNetwork, node: string): Promise<void> {
  await waitUntil(
    `${node} to list what lies on its disk`,
    async () => {
      const listed = await listedChunks(network, node);
      expect(listed).toEqual(chunksOnDisk(network, node));
      return true;
    },
    10_000,
  );
}

/** Has the coordinator hand over at once what it keeps for nodes that were away. */
export async function handOver(network: TestNetwork): Promise<void> {
  const answer = await network.call("/api/v1/jobs/handoff/run", { method: "POST" });
  if (!answer.ok) throw new Error(`the job was refused: ${answer.status} ${await answer.text()}`);
}

/** Waits until no copy is missing any more. */
export async function expectFullyReplicated(network: TestNetwork): Promise<void> {
  await waitUntil("every copy to be in its place", async () => {
    using database = new DatabaseSync(join(network.coordinatorFolder(), "metadata.db"), { readOnly: true });
    const { pending } = database.prepare("SELECT count(*) AS pending FROM assignments WHERE state = 'pending'").get()!;
    if (pending !== 0) throw new Error(`${pending} copies are missing`);
    return spooledChunks(network).length === 0;
  });
}

/** Chunks in the hand-off spool. */
export function spooledChunks(network: TestNetwork): readonly string[] {
  return filesBelow(join(network.coordinatorFolder(), "spool"));
}

/** The names of a node's chunk files, ascending. */
export function chunkFiles(network: TestNetwork, node: string): readonly string[] {
  return filesBelow(join(network.nodeFolder(node), "chunks")).map((path) => path.slice(path.lastIndexOf("/") + 1));
}

/** The names of the chunks on a node's disk, in files and in packs, ascending. */
export function chunksOnDisk(network: TestNetwork, node: string): readonly string[] {
  return [...chunkFiles(network, node), ...packedChunks(network.nodeFolder(node)).keys()].sort();
}

/** The names of the chunks that a running node says it holds, ascending. */
export async function listedChunks(network: TestNetwork, node: string): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const query = cursor === null ? "" : `&cursor=${cursor}`;
    const answer = await askNode(network, node, `/chunks?limit=100${query}`);
    const page = answer as {
      readonly items: readonly { readonly name: string }[];
      readonly next_cursor: string | null;
    };
    names.push(...page.items.map((item) => item.name));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return names;
}

/** Lets the node read all of its chunks and compare them with their names. */
export async function expectSoundChunks(network: TestNetwork, node: string): Promise<void> {
  interface Scrub {
    readonly state: string;
    readonly checked: number;
    readonly corrupt_count: number;
    readonly unreadable_count: number;
  }
  await askNode(network, node, "/scrub", "POST");
  const scrub = await waitUntil(`${node} to have read its chunks`, async () => {
    const status = (await askNode(network, node, "/status")) as { readonly scrub: Scrub };
    return status.scrub.state === "finished" && status.scrub;
  });
  expect(scrub).toMatchObject({ corrupt_count: 0, unreadable_count: 0 });
  expect(scrub.checked).toBe(chunksOnDisk(network, node).length);
}

/** Starts a node that ended, and waits until the coordinator knows where it is now. */
export async function restartNode(network: TestNetwork, node: string): Promise<void> {
  await network.startNode(node).waitForOutput(/the node is up/);
  await waitUntil(`${node} to be heard of`, async () => {
    const { coordinator } = (await askNode(network, node, "/status")) as {
      readonly coordinator: { readonly last_heartbeat_at: string | null };
    };
    return coordinator.last_heartbeat_at !== null;
  });
}

/** What a running node's admin API answers. */
export async function askNode(network: TestNetwork, node: string, path: string, method = "GET"): Promise<unknown> {
  const file = readFileSync(join(network.nodeFolder(node), "admin.json"), "utf8");
  const answer = await fetch(`${(JSON.parse(file) as { url: string }).url}${path}`, { method });
  if (!answer.ok) throw new Error(`${node} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
