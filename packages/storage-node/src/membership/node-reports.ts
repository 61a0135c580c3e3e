import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ChunkStore, Loss } from "../chunk-store/chunk-store.ts";
import type { DrainState } from "../drain/drain-state.ts";
import { type HeartbeatReport, LOST_NAMES_MAX } from "./coordinator-api.ts";
import { ADDRESSES_MAX } from "./credentials.ts";

export interface NodeReportsDeps {
  readonly host: Pick<PeerHost, "addresses">;
  readonly store: Pick<ChunkStore, "usage" | "losses" | "acknowledgeLosses">;
  readonly drain: Pick<DrainState, "isDraining">;
  readonly logger: Logger;
  /** There is more to tell than one report can hold. */
  readonly onMore: () => void;
}

/** What this node tells its coordinator. Losses are told again and again until a report was heard. */
export class NodeReports {
  readonly #deps: NodeReportsDeps;
  readonly #version: string;
  /** In the latest report. */
  #told: readonly Loss[] = [];

  constructor(deps: NodeReportsDeps, options: { readonly version: string }) {
    this.#deps = deps;
    this.#version = options.version;
  }

  /** @throws AppError STORAGE_FAILURE */
  async make(): Promise<HeartbeatReport> {
    const { host, store, drain } = this.#deps;
    const usage = await store.usage();
    this.#told = store.losses(LOST_NAMES_MAX);
    return {
      addresses: host.addresses().slice(0, ADDRESSES_MAX),
      capacity_bytes: usage.capacityBytes,
      used_bytes: usage.usedBytes,
      free_bytes: usage.freeBytes,
      free_bytes_own: usage.freeBytesOwn,
      wanted_free_bytes: usage.wantedFreeBytes,
      chunk_count: usage.chunkCount,
      draining: drain.isDraining,
      version: this.#version,
      ...(this.#told.length > 0 && { lost: this.#told.map(({ name }) => name) }),
    };
  }

  /** The coordinator has heard the latest report. Never throws: what cannot be noted is told once more. */
  heard(): void {
    const { store, logger, onMore } = this.#deps;
    const told = this.#told;
    this.#told = [];
    if (told.length === 0) return;
    try {
      store.acknowledgeLosses(told);
    } catch (error) {
      logger.warn({ err: error }, "cannot note that losses were reported; they are reported again");
      return;
    }
    logger.info({ count: told.length }, "the coordinator knows of the lost chunks");
    if (store.losses(1).length > 0) onMore();
  }
}
