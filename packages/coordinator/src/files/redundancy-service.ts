import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { StorageTerms } from "@commonhold/core/economics/storage-cost.ts";
import { type ChunkName, type NodeId, uuidV7 } from "@commonhold/core/ids.ts";
import { COPIES_OF_PRIORITY, type Priority } from "@commonhold/core/priority.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { chunkNamesOf } from "./file-health.ts";
import type { OwnFile } from "./show-file.ts";

/** Chunks of one file whose repair is asked for at once; a sweep finds the rest. */
const REQUESTED_MAX = 10_000;

export interface RedundancyServiceDeps {
  readonly metadata: Metadata;
  /** Nodes that may hold copies: not those that were given up, drain or were banned. */
  readonly nodeCount: () => number;
  readonly isKnownNode: (nodeId: NodeId) => boolean;
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RedundancyServiceOptions {
  readonly terms: StorageTerms;
  /** Of a file of priority normal. */
  readonly copiesOfNormal: number;
}

export interface RedundancyChange {
  /** With it come the copies that it promises, unless `copies` says otherwise. */
  readonly priority: Priority | undefined;
  readonly copies: number | undefined;
}

/** How safely a file is kept: how many copies, and on which nodes in any case. */
export interface RedundancyService {
  /**
   * More copies are paid for, for a month; nothing is given back for fewer.
   * @throws AppError FILE_NOT_FOUND, NOT_ENOUGH_NODES, INSUFFICIENT_CREDITS
   */
  change(file: OwnFile, change: RedundancyChange): Promise<void>;
  /** @throws AppError FILE_NOT_FOUND, NODE_NOT_FOUND, NOT_A_MEMBER, INVALID_REQUEST for too many pins */
  pin(file: OwnFile, nodeId: string): Promise<void>;
  /** @throws AppError FILE_NOT_FOUND, NODE_NOT_FOUND */
  unpin(file: OwnFile, nodeId: string): Promise<void>;
}

export function createRedundancyService(
  deps: RedundancyServiceDeps,
  options: RedundancyServiceOptions,
): RedundancyService {
  const { metadata } = deps;

  /** The file's copies are looked at now rather than with the next sweep. */
  const lookAt = async ({ fileId }: OwnFile): Promise<void> => {
    let requested = 0;
    for await (const names of chunkNamesOf(metadata, fileId)) {
      deps.requestRepair(names);
      requested += names.length;
      if (requested >= REQUESTED_MAX) return;
    }
  };

  return {
    change: async (file, { priority, copies }) => {
      const promised = copies ?? (priority === undefined ? undefined : copiesOf(priority, options));
      if (promised !== undefined) requireNodes(deps.nodeCount(), promised, copies === undefined ? priority : undefined);
      const nowMs = deps.clock.nowMs();
      await metadata.apply("file.set_redundancy", {
        file_id: file.fileId,
        owner_id: file.ownerId,
        copies: promised ?? null,
        priority: priority ?? null,
        microcredits_per_gb_month: options.terms.microCreditsPerGbMonth.toString(),
        transaction_id: uuidV7(nowMs, deps.random.bytes(10)),
        now_ms: nowMs,
      });
      await lookAt(file);
    },
    pin: async (file, nodeId) => {
      await metadata.apply("file.pin", pinOf(deps, file, nodeId));
      await lookAt(file);
    },
    unpin: async (file, nodeId) => {
      await metadata.apply("file.unpin", pinOf(deps, file, nodeId));
      await lookAt(file);
    },
  };
}

function pinOf({ isKnownNode }: RedundancyServiceDeps, { fileId, ownerId }: OwnFile, nodeId: string) {
  if (!isKnownNode(nodeId as NodeId)) throw new AppError("NODE_NOT_FOUND", `there is no node ${nodeId}`);
  return { file_id: fileId, owner_id: ownerId, node_id: nodeId };
}

function copiesOf(priority: Priority, { copiesOfNormal }: RedundancyServiceOptions): number {
  return priority === "normal" ? copiesOfNormal : COPIES_OF_PRIORITY[priority];
}

/** @param because the priority that asks for so many, where nobody named a number */
function requireNodes(nodes: number, copies: number, because: Priority | undefined): void {
  if (copies <= nodes) return;
  const asked = because === undefined ? `${copies} copies` : `priority ${because}, which is ${copies} copies,`;
  throw new AppError(
    "NOT_ENOUGH_NODES",
    `${asked} need ${copies} nodes and there ${nodes === 1 ? "is" : "are"} ${nodes}: ` +
      (because === undefined ? "ask for fewer copies or add nodes" : "give copies too, or add nodes"),
    { details: { copies, nodes } },
  );
}
