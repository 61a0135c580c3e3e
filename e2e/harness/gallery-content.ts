import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { FileObject } from "@commonhold/client/files.ts";
import { ACCOUNTS, LETTER, MINUTES } from "./gallery-texts.ts";
import type { GalleryMedia } from "./gallery-media.ts";
import type { TestNetwork } from "./test-network.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const PASSWORD = "correct horse battery";
/** So much that moving a node's part of it takes longer than the pictures of it. */
const ARCHIVE_BYTES = 160e6;

interface StoredFile {
  /** From the root. */
  readonly path: string;
  readonly type: string;
  readonly content: string | Buffer;
  /** How long ago it was added. */
  readonly ageHours: number;
}

export interface GalleryContent {
  /** Links to a picture, to a text with a password, to one that is counted. */
  readonly links: { readonly plain: string; readonly locked: string; readonly counted: string };
  /** To a sealed picture, with its key. */
  readonly sealedLink: string;
  /** Somebody with few files. */
  readonly ben: { readonly email: string; readonly password: string };
  /** Ben's client, to put his files in order between two pictures. */
  readonly clientOfBen: CommonholdClient;
}

export const LOCKED_PASSWORD = "Kittiwake";
/** In place of a name that tells nothing. */
const SEALED_NAME = "Sealed, for Margaret.chsealed";
export const MINUTES_NAME = "Minutes of the members' meeting.md";

function filesOf({ photographs, film, music, document }: GalleryMedia): readonly StoredFile[] {
  const photo = (name: string, at: number, ageHours: number): StoredFile => ({
    path: `Photos/${name}`,
    type: "image/jpeg",
    content: photographs[at]!,
    ageHours,
  });
  const text = (path: string, content: string, ageHours: number): StoredFile => ({
    path,
    type: "text/markdown",
    content,
    ageHours,
  });
  return [
    { path: "Photos 2025.tar", type: "application/x-tar", content: randomBytes(ARCHIVE_BYTES), ageHours: 1400 },
    { path: "Accounts 2025.csv", type: "text/csv", content: ACCOUNTS, ageHours: 900 },
    text(MINUTES_NAME, MINUTES.slice(0, 300), 98),
    text(MINUTES_NAME, MINUTES.slice(0, 600), 76),
    text(MINUTES_NAME, MINUTES, 51),
    { path: "House rules.pdf", type: "application/pdf", content: document, ageHours: 700 },
    { path: "Lake at dusk.jpg", type: "image/jpeg", content: photographs[0]!, ageHours: 27 },
    text("Letter to Margaret.txt", LETTER, 5),
    { path: "Spring concert.webm", type: "video/webm", content: film, ageHours: 29 },
    { path: "Second verse, rehearsal.wav", type: "audio/wav", content: music, ageHours: 30 },
    photo("Ridge in the morning.jpg", 1, 170),
    photo("Over the valley.jpg", 2, 171),
    photo("The far side.jpg", 3, 172),
    photo("Heather.jpg", 4, 240),
    photo("Last light.jpg", 5, 241),
    { path: "Allotment/Planting plan.pdf", type: "application/pdf", content: document, ageHours: 500 },
    { path: "Allotment/Seed orders/Order of February.csv", type: "text/csv", content: ACCOUNTS, ageHours: 400 },
    text("Allotment/Watering, who and when, from April to the end of September.md", LETTER, 402),
    text("Choir/Programme of the spring concert.md", MINUTES, 300),
    text("Choir/Recordings/About these recordings.txt", LETTER, 310),
    text("Old programme.md", LETTER, 3000),
    text("Draft of a letter.txt", LETTER, 3100),
  ];
}

/** Stores a file, in folders that are made where they are missing. */
async function store(client: CommonholdClient, { path, type, content }: StoredFile): Promise<FileObject> {
  const bytes = Buffer.from(content);
  const at = path.lastIndexOf("/");
  const folder = at < 0 ? undefined : await client.folders.ensure(path.slice(0, at), null);
  const source = {
    name: path.slice(at + 1),
    sizeBytes: bytes.byteLength,
    slice: async (start: number, end: number) => new Uint8Array(bytes.subarray(start, end)),
  };
  return client.upload(source, { contentType: type, ...(folder === undefined ? {} : { folderId: folder.id }) });
}

const PEOPLE = [
  { email: "ben@example.org", name: "Ben", role: "user" },
  { email: "choir@example.org", name: "The choir", role: "user" },
  { email: "grace@example.org", name: "Grace", role: "operator" },
  { email: "margaret.of-the-boathouse@example.org", name: "Margaret", role: "operator" },
  { email: "visitor@example.org", name: "", role: "user" },
] as const;

/** People with their roles; one got credits, one's account is shut. */
async function addPeople(network: TestNetwork, admin: CommonholdClient): Promise<void> {
  for (const { email, name, role } of PEOPLE) {
    const client = await network.newClient();
    const { id } = await client.accounts.register({ email, name, password: PASSWORD });
    if (role !== "user") await admin.admin.setRole(id, role);
    if (name === "The choir") {
      const reason = "For the recordings of the spring concert";
      await admin.admin.grant(id, { microCredits: 25_000_000n, reason, idempotencyKey: "gallery-1" });
    }
    if (name === "") await admin.admin.setDisabled(id, true);
  }
}

/** The links without the address, which browsers have another one of. */
async function addShares(client: CommonholdClient, files: ReadonlyMap<string, FileObject>, media: GalleryMedia) {
  const idOf = (path: string): string => files.get(path)!.file_id;
  const plain = await client.shares.create(idOf("Lake at dusk.jpg"), { expiresInS: 30 * 86_400 });
  const locked = await client.shares.create(idOf("Letter to Margaret.txt"), {
    password: LOCKED_PASSWORD,
    expiresInS: 7 * 86_400,
  });
  const counted = await client.shares.create(idOf(MINUTES_NAME), { downloadsMax: 5 });
  const photo = media.photographs[4]!;
  const sealed = await client.shares.shareSealed(
    {
      name: "Heather.jpg",
      sizeBytes: photo.byteLength,
      slice: async (start, end) => new Uint8Array(photo.subarray(start, end)),
    },
    { contentType: "image/jpeg" },
  );
  await client.files.move(sealed.file.file_id, { name: SEALED_NAME });
  const links = { plain: plain.share.url_path, locked: locked.share.url_path, counted: counted.share.url_path };
  return { links, sealedLink: sealed.link.slice(client.baseUrl.length) };
}

/** As if it had been stored in the course of months. */
function giveAges(network: TestNetwork, files: readonly StoredFile[]): void {
  using metadata = new DatabaseSync(join(network.coordinatorFolder(), "metadata.db"));
  metadata.exec("PRAGMA busy_timeout = 10000");
  const now = Date.now();
  const age = metadata.prepare(
    "UPDATE files SET created_at_ms = ?, completed_at_ms = ? WHERE name = ? AND version = ?",
  );
  const versions = new Map<string, number>();
  for (const { path, ageHours } of files) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const version = (versions.get(path) ?? 0) + 1;
    versions.set(path, version);
    const at = now - ageHours * HOUR_MS;
    age.run(at, at, name, version);
  }
  metadata.prepare("UPDATE folders SET created_at_ms = ?").run(now - 40 * DAY_MS);
  metadata.prepare("UPDATE nodes SET joined_at_ms = ?").run(now - 200 * DAY_MS);
  metadata.prepare("UPDATE users SET created_at_ms = ?").run(now - 210 * DAY_MS);
  metadata.prepare("UPDATE users SET name = 'Ada' WHERE email = 'ada@example.org'").run();
}

/** Fills a network with what a small community might store. */
export async function fillNetwork(network: TestNetwork, media: GalleryMedia): Promise<GalleryContent> {
  const client = await network.client();
  await addPeople(network, client);
  const files = filesOf(media);
  const stored = new Map<string, FileObject>();
  for (const file of files) stored.set(file.path, await store(client, file));
  const shared = await addShares(client, stored, media);
  await client.folders.ensure("Empty for now", null);
  for (const path of ["Old programme.md", "Draft of a letter.txt"])
    await client.files.remove(stored.get(path)!.file_id);
  const clientOfBen = await network.newClient();
  const ben = { email: PEOPLE[0].email, password: PASSWORD };
  await clientOfBen.accounts.login(ben);
  await store(clientOfBen, { path: "Shopping list.txt", type: "text/plain", content: LETTER, ageHours: 300 });
  const others = ["Shopping list.txt", SEALED_NAME].map((path) => ({ path, type: "", content: "", ageHours: 300 }));
  giveAges(network, [...files, ...others]);
  return { ...shared, ben, clientOfBen };
}
