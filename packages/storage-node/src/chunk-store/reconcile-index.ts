import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { ChunkIndex, IndexedChunk } from "./chunk-index.ts";
import { belongsIn, isBranchName, type StoreLayout } from "./store-layout.ts";

const STRANGE_NAMED_MAX = 20;
/** Above every name of hex digits. */
const AFTER_LAST = "g";

export interface Reconciliation {
  readonly added: number;
  /** Their file has another length than they had, which their name binds: they are out of service. */
  readonly damaged: number;
  readonly removed: number;
  readonly strangeCount: number;
  /** The first few, relative to the folder of chunks; all are left where they are. */
  readonly strange: readonly string[];
}

export interface ReconcileDeps {
  readonly files: ChunkFiles;
  readonly index: ChunkIndex;
  readonly layout: StoreLayout;
  /** Noted as the time at which a loss was found. */
  readonly nowMs: number;
  /** Whether every byte of a chunk in a pack is right. */
  readonly hasWhole: (row: IndexedChunk) => Promise<boolean>;
}

/**
 * Makes the index say what the folder holds, one leaf folder at a time: memory is bounded by what one of the 256 leaf
 * folders holds. Contents are not read; that is the scrub's work.
 */
export async function reconcileIndex(deps: ReconcileDeps): Promise<Reconciliation> {
  const tally = new Tally();
  // Everything below `done` has been compared; what the index has between two folders has no file.
  let done = "";
  for (const prefix of await leafPrefixes(deps, tally)) {
    tally.removed += deps.index.loseRange(done, prefix, deps.nowMs);
    await reconcileLeaf(deps, prefix, tally);
    done = nextPrefix(prefix);
  }
  tally.removed += deps.index.loseRange(done, AFTER_LAST, deps.nowMs);
  deps.index.recount();
  return tally.toReconciliation();
}

/** "ab" for every folder chunks/a/b, ascending; 256 at most. */
async function leafPrefixes({ files, layout }: ReconcileDeps, tally: Tally): Promise<readonly string[]> {
  const prefixes: string[] = [];
  for await (const branch of files.entries(layout.chunks)) {
    if (branch.kind !== "folder" || !isBranchName(branch.name)) {
      tally.noteStrange(branch.name);
      continue;
    }
    for await (const leaf of files.entries(join(layout.chunks, branch.name))) {
      if (leaf.kind === "folder" && isBranchName(leaf.name)) prefixes.push(branch.name + leaf.name);
      else tally.noteStrange(join(branch.name, leaf.name));
    }
  }
  return prefixes.sort();
}

async function reconcileLeaf(deps: ReconcileDeps, prefix: string, tally: Tally): Promise<void> {
  const { files, index, layout, nowMs } = deps;
  const known = new Map<string, IndexedChunk>();
  for (const row of index.range(prefix, nextPrefix(prefix))) known.set(row.name, row);
  const found: { name: ChunkName; length: number; storedAtMs: number }[] = [];
  const damaged: ChunkName[] = [];
  const relative = join(prefix.charAt(0), prefix.charAt(1));
  for await (const entry of files.entries(join(layout.chunks, relative))) {
    const facts = belongsIn(prefix, entry.name)
      ? await files.facts(join(layout.chunks, relative, entry.name))
      : undefined;
    if (facts === undefined || !isChunkLength(facts.sizeBytes)) {
      tally.noteStrange(join(relative, entry.name));
      continue;
    }
    const row = known.get(entry.name);
    known.delete(entry.name);
    const isTwice = row?.packed !== undefined;
    // A deletion that a power cut undid, of a chunk that was stored again since.
    if (isTwice && (await deps.hasWhole(row))) {
      await files.remove(join(layout.chunks, relative, entry.name));
    } else if (row === undefined || isTwice) {
      found.push({ name: entry.name as ChunkName, length: facts.sizeBytes, storedAtMs: facts.modifiedAtMs });
    } else if (row.length !== facts.sizeBytes && !row.damaged) {
      damaged.push(row.name);
    }
  }
  const missing = [...known.values()].filter(({ packed }) => packed === undefined);
  if (found.length === 0 && damaged.length === 0 && missing.length === 0) return;
  index.transaction(() => {
    for (const chunk of found) index.put([chunk]);
    for (const name of damaged) index.lose(name, "damaged", nowMs);
    for (const row of missing) index.lose(row.name, "missing", nowMs);
  });
  tally.added += found.length;
  tally.damaged += damaged.length;
  tally.removed += missing.length;
}

/** An empty file is no chunk, nor is one that no peer could ever have sent. */
export function isChunkLength(bytes: number): boolean {
  return bytes >= 1 && bytes <= SEALED_LENGTH_MAX;
}

/** The lowest text above every name that begins with `prefix` (hex digits). */
export function nextPrefix(prefix: string): string {
  return prefix === "ff" ? AFTER_LAST : (Number.parseInt(prefix, 16) + 1).toString(16).padStart(2, "0");
}

class Tally {
  added = 0;
  damaged = 0;
  removed = 0;
  #strangeCount = 0;
  readonly #strange: string[] = [];

  noteStrange(path: string): void {
    this.#strangeCount += 1;
    if (this.#strange.length < STRANGE_NAMED_MAX) this.#strange.push(path);
  }

  toReconciliation(): Reconciliation {
    return {
      added: this.added,
      damaged: this.damaged,
      removed: this.removed,
      strangeCount: this.#strangeCount,
      strange: this.#strange,
    };
  }
}
