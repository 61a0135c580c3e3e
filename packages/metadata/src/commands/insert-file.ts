import type { Insertable, Transaction } from "kysely";
import { prepareChange } from "../prepared-query.ts";
import type { FileState, Tables } from "../tables.ts";
import type { EntryPlacement } from "./entries.ts";
import { requireFreeEntries } from "./free-entries.ts";

/** What the commands that begin a file have in common. */
export interface NewFile {
  readonly file_id: string;
  readonly owner_id: string;
  readonly size_bytes: number;
  readonly chunk_size_bytes: number;
  readonly copies: number;
  readonly media_type: string;
  /** Base64. */
  readonly sealed_key: string;
  readonly now_ms: number;
}

type Row = Required<
  Omit<Insertable<Tables["files"]>, "priority" | "pinned" | "version_of" | "deleted_with" | keyof Given>
> &
  Given;

type Given = Deposit & EntryPlacement;

type Deposit = {
  readonly deposit_microcredits: bigint;
  readonly deposit_at_ms: number | null;
};

const insertRow = prepareChange((tx, row: Row) => tx.insertInto("files").values(row));

/** @throws AppError TOO_MANY_ENTRIES */
export async function insertFile(
  tx: Transaction<Tables>,
  file: NewFile,
  state: Given & {
    readonly state: FileState;
    readonly chunk_count: number;
    readonly content_id: string | null;
    readonly completed_at_ms: number | null;
  },
): Promise<void> {
  if (file.size_bytes === 0) await requireFreeEntries(tx, file.owner_id, { kind: "empty_files", count: 1 });
  await insertRow(tx, {
    id: file.file_id,
    owner_id: file.owner_id,
    size_bytes: file.size_bytes,
    chunk_size_bytes: file.chunk_size_bytes,
    copies: file.copies,
    media_type: file.media_type,
    sealed_key: Buffer.from(file.sealed_key, "base64"),
    created_at_ms: file.now_ms,
    deleted_at_ms: null,
    ...state,
  });
}
