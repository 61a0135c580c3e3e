import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { writeFileDurably } from "@commonhold/runtime/atomic-file.ts";
import { errnoOf, toStorageError } from "@commonhold/runtime/storage-error.ts";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

/** Further names are only counted. */
export const SCRUB_NAMES_MAX = 1000;

const CountSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const TimeSchema = Type.Integer({ minimum: 0, maximum: 8.64e15 });
const NameSchema = Type.Unsafe<ChunkName>(Type.String({ pattern: "^[0-9a-f]{64}$" }));
const NamesSchema = Type.Array(NameSchema, { maxItems: SCRUB_NAMES_MAX });

const FindingsSchema = Type.Object({
  checked: CountSchema,
  checked_bytes: CountSchema,
  corrupt_count: CountSchema,
  corrupt: NamesSchema,
  missing_count: CountSchema,
  missing: NamesSchema,
  unreadable_count: CountSchema,
  unreadable: NamesSchema,
  found_count: CountSchema,
});

const ScrubRecordSchema = Type.Object({
  /** When the next pass is due, in milliseconds since 1970; null where none is planned. */
  next_at_ms: Type.Union([TimeSchema, Type.Null()]),
  /** The pass under way, or given up when the node stopped. */
  pass: Type.Union([
    Type.Object({
      started_at_ms: TimeSchema,
      /** Every chunk up to this name has been read; null before the first. */
      position: Type.Union([NameSchema, Type.Null()]),
      findings: FindingsSchema,
    }),
    Type.Null(),
  ]),
  /** The latest pass that came to its end. */
  last: Type.Union([
    Type.Object({ started_at_ms: TimeSchema, finished_at_ms: TimeSchema, findings: FindingsSchema }),
    Type.Null(),
  ]),
});

/** What a pass found. */
export type ScrubFindings = Static<typeof FindingsSchema>;
/** How far the scrub of a node is, as it stands in `scrub.json`. */
export type ScrubRecord = Static<typeof ScrubRecordSchema>;

export const NO_FINDINGS: ScrubFindings = {
  checked: 0,
  checked_bytes: 0,
  corrupt_count: 0,
  corrupt: [],
  missing_count: 0,
  missing: [],
  unreadable_count: 0,
  unreadable: [],
  found_count: 0,
};

export interface ScrubJournal {
  /** What was kept last; that nothing is known, where it is missing or damaged. @throws AppError STORAGE_FAILURE */
  load(): Promise<ScrubRecord>;
  /** @throws AppError NO_SPACE, STORAGE_FAILURE */
  save(record: ScrubRecord): Promise<void>;
}

/** Keeps it in `scrub.json` in the node's data folder. */
export function createScrubJournal(folder: string): ScrubJournal {
  const file = join(folder, "scrub.json");
  return {
    load: async () => {
      const record = parseJson(await readIfPresent(file));
      return Value.Check(ScrubRecordSchema, record) ? record : { next_at_ms: null, pass: null, last: null };
    },
    save: (record) => writeFileDurably(file, `${JSON.stringify(record)}\n`),
  };
}

async function readIfPresent(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "";
    throw toStorageError(error, `Could not read "${file}"`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
