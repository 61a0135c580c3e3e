import { AppError, type ErrorDetails } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import { judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { chunkNamesOf } from "../files/file-health.ts";
import { instantText } from "../http/route-schema.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";

/** Chunks of a file that are looked at: enough to say what is wrong, whatever the file's length. */
const CHUNKS_MAX = 20_000;
const NODES_NAMED_MAX = 5;

export interface UnreadableFileDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly catalog: Pick<ReplicaCatalog, "getMany">;
  readonly directory: Pick<NodeDirectory, "get" | "status" | "standingOf">;
  /** Whether the coordinator itself keeps a copy of a chunk. */
  readonly hasKept: (name: ChunkName) => boolean;
}

/**
 * Why a file whose chunks could not be fetched cannot be read: of how many chunks no node that is here has a copy, and
 * which nodes would have one, since when they were not heard. `details.lasting` says that it stays so until one of them
 * returns; where it is false, copies should be there and just did not come.
 * @param failure a chunk's CHUNK_UNAVAILABLE, with its holders in `details`
 */
export type ExplainUnreadable = (fileId: FileId, failure: AppError) => Promise<AppError>;

export function createExplainUnreadable(deps: UnreadableFileDeps): ExplainUnreadable {
  return async (fileId, failure) => {
    const { chunks, isAll, holders } = await lookThrough(deps, fileId);
    if (chunks === 0) return explainSilence(deps, failure);
    const count = `${isAll ? "" : "at least "}${chunks} ${chunks === 1 ? "chunk" : "chunks"}`;
    const reason =
      holders.size === 0
        ? "every copy was found to be missing or wrong"
        : `${describeNodes(deps.directory, [...holders])} would have ${chunks === 1 ? "one" : "some"}: try again ` +
          `when ${holders.size === 1 ? "that node is" : "those nodes are"} back`;
    return unavailable(`there is no readable copy of ${count} of this file now; ${reason}`, failure, {
      chunks_unreadable: chunks,
      nodes: [...holders],
      lasting: true,
    });
  };
}

function explainSilence({ directory }: UnreadableFileDeps, failure: AppError): AppError {
  const holders = Array.isArray(failure.details.holders) ? (failure.details.holders as readonly NodeId[]) : [];
  if (holders.length === 0) return failure;
  const nodes = describeNodes(directory, holders);
  const message = `a part of this file does not come: ${nodes} ${holders.length === 1 ? "does" : "do"} not give it`;
  return unavailable(`${message}; try again in a moment`, failure, { nodes: [...holders], lasting: false });
}

function unavailable(message: string, cause: AppError, details: ErrorDetails): AppError {
  return new AppError("CHUNK_UNAVAILABLE", message, { details, cause });
}

/** The unreadable chunks, and the nodes that hold copies of them as far as anybody knows. */
async function lookThrough(
  { metadata, catalog, directory, hasKept }: UnreadableFileDeps,
  fileId: FileId,
): Promise<{ readonly chunks: number; readonly isAll: boolean; readonly holders: ReadonlySet<NodeId> }> {
  const holders = new Set<NodeId>();
  let chunks = 0;
  let seen = 0;
  for await (const names of chunkNamesOf(metadata, fileId)) {
    for (const chunk of (await catalog.getMany(names)).values()) {
      const { urgency } = judgeChunk(chunk, (id) => directory.standingOf(id));
      if (urgency !== "unreadable" || hasKept(chunk.name)) continue;
      chunks += 1;
      for (const { nodeId, state } of chunk.replicas) {
        if (state === "active" || state === "leaving") holders.add(nodeId);
      }
    }
    seen += names.length;
    if (seen >= CHUNKS_MAX) return { chunks, isAll: false, holders };
  }
  return { chunks, isAll: true, holders };
}

function describeNodes(directory: UnreadableFileDeps["directory"], ids: readonly NodeId[]): string {
  const texts = ids.slice(0, NODES_NAMED_MAX).map((id) => {
    const node = directory.get(id);
    if (node === undefined) return `node ${id}, which is gone,`;
    return `node ${node.name} (${directory.status(node)}, last heard ${instantText(node.lastHeartbeatAtMs)})`;
  });
  const more = ids.length - texts.length;
  return [...texts, ...(more === 0 ? [] : [`${more} more`])].join(", ");
}
