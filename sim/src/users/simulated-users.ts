import { hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Priority } from "@commonhold/core/priority.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { SimulatedCoordinator } from "../coordinator/simulated-coordinator.ts";
import type { StoredFile } from "../coordinator/stored-files.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";
import { storeChunk } from "./store-chunk.ts";

const HOUR_MS = 3_600_000;
const CHUNKS_PER_FILE_MAX = 3;
const CHUNK_BYTES = { min: 64 * 1024, max: 4 * 1024 ** 2 } as const;
/** How often a chunk of a new file is one that its owner has stored before. */
const REPEATED_SHARE = 0.25;
const PINNED_SHARE = 0.03;
/** A deleted file is brought back, if at all, well before its grace is over. */
const RESTORED_WITHIN = 0.8;
const UPLOAD_EXPIRY_MS = HOUR_MS;

const KINDS: readonly { readonly share: number; readonly copies: number; readonly priority: Priority }[] = [
  { share: 0.7, copies: 3, priority: "normal" },
  { share: 0.15, copies: 5, priority: "critical" },
  { share: 0.1, copies: 2, priority: "normal" },
  { share: 0.05, copies: 1, priority: "low" },
];

export interface UserHabits {
  readonly owners: number;
  /** About as many chunks are kept in the long run. */
  readonly chunks: number;
  /** From one change of the files to the next, and from one reading of a chunk to the next. */
  readonly meanChangeHours: number;
  readonly meanReadHours: number;
}

/** People who store files, delete them, change their minds, and read. */
export class SimulatedUsers {
  readonly #world: SimulatedWorld;
  readonly #coordinator: SimulatedCoordinator;
  readonly #habits: UserHabits;
  readonly #random: SeededRandom;
  readonly #owners: readonly UserId[];
  #files = 0;
  #isCalm = false;

  constructor(world: SimulatedWorld, coordinator: SimulatedCoordinator, habits: UserHabits) {
    this.#world = world;
    this.#coordinator = coordinator;
    this.#habits = habits;
    this.#random = world.random.fork("users");
    this.#owners = Array.from({ length: habits.owners }, (_, number) => `user-${number}` as UserId);
  }

  get owners(): readonly UserId[] {
    return this.#owners;
  }

  /** Fills the network over the first hours, then changes what is there now and then. */
  start(): void {
    const files = Math.ceil(this.#habits.chunks / ((1 + CHUNKS_PER_FILE_MAX) / 2));
    for (let i = 0; i < files; i++) this.#world.time.after(this.#random.between(0, HOUR_MS), () => this.#upload());
    this.#repeat(this.#habits.meanChangeHours, () => this.#change());
    this.#repeat(this.#habits.meanReadHours, () => this.#read());
  }

  /** Nothing is stored or deleted any more. */
  calm(): void {
    this.#isCalm = true;
  }

  #repeat(meanHours: number, action: () => void): void {
    const next = (): void => {
      this.#world.time.after(this.#random.exponential(meanHours * HOUR_MS), () => {
        if (this.#isCalm) return;
        action();
        next();
      });
    };
    next();
  }

  #change(): void {
    const { files } = this.#coordinator.disk;
    const { truth } = this.#world;
    // What had a single copy may be lost: its owner sees that, and lets go of it.
    const broken = files.inState("stored").find(({ chunks }) => chunks.some((name) => truth.get(name)?.isLost));
    if (broken !== undefined) this.#delete(broken);
    const chance = this.#random.fraction();
    const isFull = truth.size > this.#habits.chunks;
    if (chance < (isFull ? 0.35 : 0.55)) this.#upload();
    else if (chance < 0.9) {
      const file = this.#random.pick(files.inState("stored"));
      if (file !== undefined) this.#delete(file);
    } else {
      const file = this.#random.pick(files.inState("deleted"));
      if (file !== undefined) this.#restore(file);
    }
  }

  #upload(): void {
    const services = this.#coordinator.services;
    if (services === undefined) return;
    const random = this.#random;
    const ownerId = random.pick(this.#owners)!;
    const { copies, priority } = this.#kind();
    const id = `file-${this.#files++}` as FileId;
    const pins = this.#pins();
    const names = Array.from({ length: random.integer(1, CHUNKS_PER_FILE_MAX) }, () => this.#chunkOf(ownerId));
    const file: StoredFile = { id, ownerId, copies, priority, pins, chunks: [], state: "uploading", deletedAtMs: 0 };
    this.#coordinator.disk.files.add(file);
    const store = async (): Promise<void> => {
      for (const name of new Set(names)) await storeChunk({ world: this.#world, services }, { file, name });
      await services.life.through(() => Promise.resolve(this.#complete(file)));
    };
    // An upload that failed, or hangs as the coordinator died, expires.
    this.#world.time.after(UPLOAD_EXPIRY_MS, () => this.#expire(file));
    store().catch((error: unknown) => {
      this.#world.trace.record("upload_failed", { note: `${id} ${String(error)}` });
      if (hasCode(error, "NOT_ENOUGH_NODES", "CONCURRENT_CHANGE", "CHUNK_NOT_FOUND")) return;
      this.#world.fail("error", "an upload failed as none should", { cause: error });
    });
  }

  #complete(file: StoredFile): void {
    const { catalog, trace } = this.#world;
    if (file.state !== "uploading") return;
    const { id, copies, priority, pins, chunks } = file;
    try {
      catalog.addFile({ id, copies, priority, pins, chunks });
    } catch (error) {
      if (hasCode(error, "CONCURRENT_CHANGE")) return;
      throw error;
    }
    for (const name of chunks) catalog.releaseChunk(name);
    file.state = "stored";
    trace.record("uploaded", { note: `${id} of ${file.ownerId}, ${chunks.length} chunks, ${copies} copies` });
  }

  #expire(file: StoredFile): void {
    if (file.state !== "uploading") return;
    const { catalog, truth, trace } = this.#world;
    trace.record("upload_expired", { note: file.id });
    this.#coordinator.disk.files.remove(file.id);
    file.state = "deleted";
    for (const name of file.chunks) {
      catalog.releaseChunk(name);
      truth.unuse(name, file.id);
    }
  }

  #delete(file: StoredFile): void {
    const { time, truth, pace, trace, catalog } = this.#world;
    trace.record("file_deleted", { note: file.id });
    catalog.deleteFile(file.id, time.clock().nowMs());
    file.state = "deleted";
    const deletedAtMs = time.elapsedMs;
    file.deletedAtMs = deletedAtMs;
    time.after(pace.graceMs, () => {
      if (file.state !== "deleted" || file.deletedAtMs !== deletedAtMs) return;
      for (const name of file.chunks) truth.unuse(name, file.id);
    });
  }

  #restore(file: StoredFile): void {
    const { time, pace, trace, catalog } = this.#world;
    if (time.elapsedMs - file.deletedAtMs > RESTORED_WITHIN * pace.graceMs) return;
    trace.record("file_restored", { note: file.id });
    catalog.restoreFile(file.id);
    file.state = "stored";
  }

  /** Reads one copy of something; what is wrong with it is noted and repaired. */
  #read(): void {
    const services = this.#coordinator.services;
    if (services === undefined) return;
    const file = this.#random.pick(this.#coordinator.disk.files.inState("stored"));
    const name = file === undefined ? undefined : this.#random.pick(file.chunks);
    if (name === undefined) return;
    const read = async (): Promise<void> => {
      const chunk = await services.catalog.get(name);
      const holders = chunk?.replicas.filter(({ state }) => state === "active").map(({ nodeId }) => nodeId) ?? [];
      const nodeId = this.#random.pick(holders.filter((id) => services.watch.standingOf(id) === "live"));
      if (chunk === undefined || nodeId === undefined) return;
      if (await services.transfers.check(nodeId, chunk, new AbortController().signal)) return;
      services.doubtful.add(name, nodeId);
    };
    read().catch((error: unknown) => {
      if (!hasCode(error, "NODE_UNREACHABLE", "TIMEOUT"))
        this.#world.fail("error", "a reading failed", { cause: error });
    });
  }

  #kind(): (typeof KINDS)[number] {
    let chance = this.#random.fraction();
    for (const kind of KINDS) {
      chance -= kind.share;
      if (chance < 0) return kind;
    }
    return KINDS[0]!;
  }

  #pins(): readonly NodeId[] {
    if (!this.#random.isLucky(PINNED_SHARE)) return [];
    const node = this.#random.pick([...this.#world.nodes.values()].filter((each) => each.isUp && !each.isDraining));
    return node === undefined ? [] : [node.id];
  }

  #chunkOf(ownerId: UserId): ChunkName {
    const { truth } = this.#world;
    if (this.#random.isLucky(REPEATED_SHARE)) {
      const own = [...truth.all()].filter((chunk) => chunk.ownerId === ownerId && !chunk.isLost);
      // Most of all what is being deleted just now, so that storing and deleting meet.
      const going = own.filter(({ uses, holders }) => uses.size === 0 && holders.size > 0);
      const known = this.#random.pick(going) ?? this.#random.pick(own);
      if (known !== undefined) return known.name;
    }
    const name = this.#random.hex(64) as ChunkName;
    truth.define({ name, ownerId, length: this.#random.integer(CHUNK_BYTES.min, CHUNK_BYTES.max) });
    return name;
  }
}
