import type { NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { LedgerFindings } from "../economics/ledger-check.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";
import type { ReplicationCensus } from "./replication-census.ts";

export interface HandoffNumbers {
  /** Copies that wait for their node. */
  readonly pending: number;
  readonly spoolBytes: number;
  readonly spoolBytesMax: number;
}

/** The network at a glance. */
export interface NetworkStatus {
  readonly version: string;
  readonly nodes: Readonly<Record<NodeStatus, number>>;
  /** Complete files of all owners, and their bytes before sealing. */
  readonly files: number;
  readonly bytes: number;
  readonly chunks: ReplicationCensus;
  readonly handoffs: HandoffNumbers;
  /** Of the nodes that are active or draining. */
  readonly capacityBytes: number;
  readonly usedBytes: number;
  /** What the last check of the ledger found; undefined before the first has ended. */
  readonly ledger: LedgerFindings | undefined;
}

export interface StatusServiceDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly directory: Pick<NodeDirectory, "list" | "status" | "counts">;
  readonly census: () => Promise<ReplicationCensus>;
  readonly handoffs: () => HandoffNumbers | Promise<HandoffNumbers>;
  readonly ledger: () => LedgerFindings | undefined;
}

export interface StatusService {
  networkStatus(): Promise<NetworkStatus>;
}

export function createStatusService(deps: StatusServiceDeps, options: { readonly version: string }): StatusService {
  const { metadata, directory } = deps;
  return {
    networkStatus: async () => {
      const [files, chunks, handoffs] = await Promise.all([countFiles(metadata), deps.census(), deps.handoffs()]);
      const present = directory.list().filter((node) => ["active", "draining"].includes(directory.status(node)));
      return {
        version: options.version,
        nodes: directory.counts(),
        ...files,
        chunks,
        handoffs,
        capacityBytes: present.reduce((sum, node) => sum + node.capacityBytes, 0),
        usedBytes: present.reduce((sum, node) => sum + node.usedBytes, 0),
        ledger: deps.ledger(),
      };
    },
  };
}

async function countFiles(
  metadata: Pick<Metadata, "read">,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const row = await metadata.read
    .selectFrom("files")
    .select((eb) => [eb.fn.countAll<number>().as("files"), eb.fn.sum<number | null>("size_bytes").as("bytes")])
    .where("state", "=", "complete")
    .executeTakeFirstOrThrow();
  return { files: Number(row.files), bytes: Number(row.bytes ?? 0) };
}
