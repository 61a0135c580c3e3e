import { AppError } from "@commonhold/core/app-error.ts";
import type { Kysely, Transaction } from "kysely";
import { prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";

/** Of folders, and of empty files and versions, each; those in the trash count. Triggers count them. */
export const FREE_ENTRIES_MAX = 100_000;

const WORDS = { folders: "folders", empty_files: "empty files" } as const;

const countsOf = prepareQuery((read: Kysely<Tables>, values: { readonly ownerId: string }) =>
  read.selectFrom("free_entries").select(["folders", "empty_files"]).where("owner_id", "=", values.ownerId),
);

/**
 * Whether an owner may have so many more of what costs no credits.
 * @throws AppError TOO_MANY_ENTRIES
 */
export async function requireFreeEntries(
  tx: Transaction<Tables>,
  ownerId: string,
  wanted: { readonly kind: keyof typeof WORDS; readonly count: number },
): Promise<void> {
  const { kind, count } = wanted;
  const [counts] = await countsOf(tx, { ownerId });
  const there = counts?.[kind] ?? 0;
  if (there + count <= FREE_ENTRIES_MAX) return;
  const words = WORDS[kind];
  throw new AppError(
    "TOO_MANY_ENTRIES",
    `you have ${there} ${words}, those in the trash counted, and ${FREE_ENTRIES_MAX} is the most: delete some, and go on once they are gone from the trash`,
    { details: { kind, there, max: FREE_ENTRIES_MAX } },
  );
}
