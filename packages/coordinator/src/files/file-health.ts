import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import { type ChunkUrgency, judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

const PAGE = 500;

/** The worst that is true of any chunk: all copies that were promised are there, some are not, one at most is, none is. */
export const FILE_STATES = ["whole", "degraded", "critical", "unreadable"] as const;
export type FileHealthState = (typeof FILE_STATES)[number];

export interface FileHealth {
  readonly state: FileHealthState;
  /** Chunks that lack copies now; those that cannot be read are among them. */
  readonly chunksShort: number;
  readonly chunksUnreadable: number;
}

export interface FileHealthReader {
  healthOf(fileId: FileId): Promise<FileHealth>;
  pinsOf(fileId: FileId): Promise<readonly NodeId[]>;
}

export interface FileHealthDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly catalog: Pick<ReplicaCatalog, "getMany">;
  readonly standingOf: (nodeId: NodeId) => NodeStanding;
}

const STATE_OF: Readonly<Record<ChunkUrgency, FileHealthState>> = {
  whole: "whole",
  surplus: "whole",
  relocating: "whole",
  degraded: "degraded",
  critical: "critical",
  unreadable: "unreadable",
};

export function createFileHealthReader(deps: FileHealthDeps): FileHealthReader {
  return {
    healthOf: async (fileId) => {
      let worst = 0;
      let chunksShort = 0;
      let chunksUnreadable = 0;
      for await (const names of chunkNamesOf(deps.metadata, fileId)) {
        for (const chunk of (await deps.catalog.getMany(names)).values()) {
          const state = STATE_OF[judgeChunk(chunk, deps.standingOf).urgency];
          worst = Math.max(worst, FILE_STATES.indexOf(state));
          if (state !== "whole") chunksShort += 1;
          if (state === "unreadable") chunksUnreadable += 1;
        }
      }
      return { state: FILE_STATES[worst]!, chunksShort, chunksUnreadable };
    },
    pinsOf: async (fileId) => {
      const rows = await deps.metadata.read
        .selectFrom("file_pins")
        .select("node_id")
        .where("file_id", "=", fileId)
        .orderBy("node_id")
        .execute();
      return rows.map((row) => row.node_id as NodeId);
    },
  };
}

/** The chunks that a file is made of, some at a time. */
export async function* chunkNamesOf(
  metadata: Pick<Metadata, "read">,
  fileId: FileId,
): AsyncGenerator<readonly ChunkName[], void, void> {
  for (let from = 0; ; from += PAGE) {
    const rows = await metadata.read
      .selectFrom("file_chunks")
      .select("chunk_name")
      .where("file_id", "=", fileId)
      .where("chunk_index", ">=", from)
      .where("chunk_index", "<", from + PAGE)
      .execute();
    if (rows.length > 0) yield [...new Set(rows.map((row) => row.chunk_name as ChunkName))];
    if (rows.length < PAGE) return;
  }
}
