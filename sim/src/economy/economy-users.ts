import { createHash } from "node:crypto";
import { hasCode } from "@commonhold/core/app-error.ts";
import { monthlyStorageCost } from "@commonhold/core/economics/storage-cost.ts";
import type { FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { CommandPayload } from "@commonhold/metadata/metadata.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { EconomyCoordinator } from "./economy-coordinator.ts";
import { type EconomyWorld, PRICE } from "./economy-world.ts";
import { makeChunk } from "./sealed-chunk.ts";

const HOUR_MS = 3_600_000;
const COPIES = [2, 3, 3, 3, 3, 4] as const;
/** Of all files, those that are deleted in a day, and as many new ones. */
const CHANGED_SHARE = 0.03;
/** Owners that have little credit and nothing prepaid. */
const POOR_SHARE = 0.25;
/** In days of what they store. */
const POOR_DAYS = 3;
const RICH_MONTHS = 6;
const PURCHASES_DAYS = 2;

interface StoredFile {
  readonly id: FileId;
  readonly ownerId: UserId;
}

/** Owners of files, who are the operators of nodes too: they store, delete, run out of credits and buy some. */
export class EconomyUsers {
  readonly #world: EconomyWorld;
  readonly #random: SeededRandom;
  readonly #files: StoredFile[] = [];
  readonly #poor = new Set<UserId>();
  #numbers = 0;

  constructor(world: EconomyWorld) {
    this.#world = world;
    this.#random = world.random.fork("users");
  }

  /** Opens accounts; `fileCount` is how many files they will share. */
  async join(count: number, fileCount: number): Promise<void> {
    const { metadata, owners, wall } = this.#world;
    const monthOfFile = monthlyStorageCost(55_000n, 3, { microCreditsPerGbMonth: PRICE });
    const monthOfOwner = (monthOfFile * BigInt(fileCount)) / BigInt(count);
    for (let i = 0; i < count; i++) {
      const id = `owner-${i}` as UserId;
      const isPoor = this.#random.isLucky(POOR_SHARE);
      if (isPoor) this.#poor.add(id);
      const welcome = isPoor ? (monthOfOwner * BigInt(POOR_DAYS)) / 30n : monthOfOwner * BigInt(RICH_MONTHS);
      await metadata.apply("user.create", {
        id,
        email: `${id}@example.org`,
        name: id,
        role: "user",
        password_hash: "none",
        sealed_secret: "AAEC",
        created_at_ms: wall.nowMs(),
        welcome_microcredits: welcome.toString(),
      });
      owners.push(id);
    }
  }

  /** Files as there were before: those of the poor without anything prepaid. */
  async fill(count: number, nodeIds: readonly NodeId[]): Promise<void> {
    for (let i = 0; i < count; i++) await this.#store(nodeIds, { isFirst: true });
  }

  live(coordinator: EconomyCoordinator): void {
    const { time } = this.#world;
    const meanMs = (24 * HOUR_MS) / Math.max(1, this.#files.length * CHANGED_SHARE);
    this.#repeat(meanMs, async () => {
      const candidates = coordinator.parts?.directory.candidates() ?? [];
      const liked = candidates.filter(({ reliability }) => this.#random.isLucky(reliability)).map(({ id }) => id);
      if (liked.length >= Math.max(...COPIES)) await this.#store(liked, { isFirst: false });
    });
    this.#repeat(meanMs, async () => {
      if (coordinator.parts !== undefined) await this.#delete();
    });
    this.#repeat(PURCHASES_DAYS * 24 * HOUR_MS, async () => {
      if (coordinator.parts !== undefined) await this.#purchase();
    });
    time.throwIfStopped();
  }

  #repeat(meanMs: number, action: () => Promise<void>): void {
    const { time } = this.#world;
    const next = (): void => {
      time.after(Math.ceil(this.#random.exponential(meanMs)), () => {
        action().catch((error: unknown) => this.#world.fail("error", "what a user did failed", { cause: error }));
        next();
      });
    };
    next();
  }

  async #store(nodeIds: readonly NodeId[], { isFirst }: { readonly isFirst: boolean }): Promise<void> {
    const { metadata, chunks, copies, nodes, owners, wall, trace } = this.#world;
    const chunk = makeChunk(this.#random);
    const { name, sealed } = chunk;
    const ownerId = this.#random.pick(owners)!;
    const promised = this.#random.pick(COPIES)!;
    const holders = this.#random.sample(nodeIds, promised);
    const nowMs = wall.nowMs();
    const isFree = isFirst && this.#poor.has(ownerId);
    const cost = isFree ? 0n : monthlyStorageCost(BigInt(sealed.length), promised, { microCreditsPerGbMonth: PRICE });
    const id = `file-${this.#numbers++}` as FileId;
    chunks.set(name, chunk);
    for (const nodeId of holders) nodes.get(nodeId)!.copies.set(name, "whole");
    try {
      await metadata.apply("file.store", {
        ...FILE,
        file_id: id,
        owner_id: ownerId,
        name: id,
        size_bytes: sealed.length,
        copies: promised,
        content_id: createHash("sha256").update(id).digest("hex"),
        chunk: {
          chunk_name: name,
          sealed_length: sealed.length,
          plain_length: sealed.length,
          copies: promised,
          sealed_entry: "AAAA",
          replicas: holders.map((node_id) => ({ node_id, state: "active" as const })),
          epoch: ++this.#world.epoch,
        },
        cost_microcredits: cost.toString(),
        transaction_id: `store-${id}`,
        now_ms: nowMs,
      });
    } catch (error) {
      if (!hasCode(error, "INSUFFICIENT_CREDITS")) throw error;
      trace.record("refused", { note: ownerId });
      return;
    }
    copies.add({ name, ownerId, sealedLength: sealed.length, promised });
    for (const nodeId of holders) copies.begin(name, nodeId, nowMs);
    this.#files.push({ id, ownerId });
    trace.record("stored", { note: `${id} of ${ownerId} ${promised} times` });
  }

  async #delete(): Promise<void> {
    const { metadata, wall, trace } = this.#world;
    const index = this.#random.integer(0, this.#files.length - 1);
    const [file] = this.#files.splice(index, 1);
    if (file === undefined) return;
    const { id, ownerId } = file;
    await metadata.apply("file.delete", {
      file_id: id,
      owner_id: ownerId,
      transaction_id: `delete-${id}`,
      now_ms: wall.nowMs(),
    });
    trace.record("deleted", { note: id });
  }

  async #purchase(): Promise<void> {
    const { metadata, wall, trace } = this.#world;
    const number = this.#numbers++;
    const owner = this.#random.pick([...this.#poor]);
    if (owner === undefined) return;
    const amount = BigInt(this.#random.integer(1, 20)) * 1_000_000n;
    await metadata.apply("ledger.purchase", {
      id: `purchase-${number}`,
      user_id: owner,
      amount_microcredits: amount.toString(),
      payment_id: `payment-${number}`,
      provider: "local",
      description: "",
      now_ms: wall.nowMs(),
    });
    trace.record("bought", { note: `${owner} ${amount}` });
  }
}

const FILE: Pick<
  CommandPayload<"file.store">,
  "folder_id" | "folder_ids" | "chunk_size_bytes" | "media_type" | "sealed_key"
> = {
  folder_id: null,
  folder_ids: [],
  chunk_size_bytes: 262_144,
  media_type: "text/plain",
  sealed_key: "AAAA",
};
