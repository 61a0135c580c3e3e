import { formatCredits } from "@commonhold/core/credits.ts";
import { monthlyStorageCost } from "@commonhold/core/economics/storage-cost.ts";
import { COPIES_MAX, PRIORITIES, type Priority, priorityRank } from "@commonhold/core/priority.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { depositLeft, type FileDeposit } from "./deposits.ts";
import { requireCompleteFile } from "./files.ts";
import { prepayCredits } from "./credit-moves.ts";
import { Id, MicroCredits, payloadOf, PriorityName, TimeMs } from "./payload-fields.ts";
import { recomputePromisesOfFile } from "./promises.ts";

/**
 * Changes how many copies a file is kept in, with all its versions, and how much they matter. More copies cost what they cost more for a month,
 * which is prepaid; nothing is given back for fewer.
 * @throws AppError FILE_NOT_FOUND, INSUFFICIENT_CREDITS
 */
export const setRedundancy = defineCommand({
  name: "file.set_redundancy",
  payload: payloadOf({
    file_id: Id,
    owner_id: Id,
    /** Null: as many as until now. */
    copies: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: COPIES_MAX })]),
    /** Null: the one it has. */
    priority: Type.Union([Type.Null(), PriorityName]),
    microcredits_per_gb_month: MicroCredits,
    transaction_id: Id,
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const { entry_id, name } = await requireCompleteFile(tx, p);
    const versions = await tx
      .selectFrom("files")
      .select(["id", "is_current", "size_bytes", "copies", "priority", "deposit_microcredits", "deposit_at_ms"])
      .where("entry_id", "=", entry_id)
      .where("state", "=", "complete")
      .execute();
    const changes = versions.map((file) => ({ file, ...changeOf(file, p) }));
    const cost = changes.reduce((sum, change) => sum + change.cost, 0n);
    const { copies, rank } = changes.find(({ file }) => file.is_current === 1)!;
    await prepayCredits(tx, {
      transactionId: p.transaction_id,
      userId: p.owner_id,
      amount: cost,
      description: `Storing ${name} in ${copies} copies for a month (${formatCredits(cost)} credits more)`,
      reference: p.file_id,
      nowMs: p.now_ms,
    });
    for (const change of changes) await applyChange(tx, change, p.now_ms);
    return { copies, priority: PRIORITIES[rank]!, charged_microcredits: cost.toString() };
  },
});

interface Version extends FileDeposit {
  readonly id: string;
  readonly size_bytes: number;
  readonly copies: number;
  readonly priority: number;
}

function changeOf(
  file: Version,
  asked: {
    readonly copies: number | null;
    readonly priority: Priority | null;
    readonly microcredits_per_gb_month: string;
  },
) {
  const copies = asked.copies ?? file.copies;
  const rank = asked.priority === null ? file.priority : priorityRank(asked.priority);
  const terms = { microCreditsPerGbMonth: BigInt(asked.microcredits_per_gb_month) };
  const size = BigInt(file.size_bytes);
  const difference = monthlyStorageCost(size, copies, terms) - monthlyStorageCost(size, file.copies, terms);
  return { copies, rank, cost: difference > 0n ? difference : 0n };
}

async function applyChange(
  tx: Transaction<Tables>,
  { file, copies, rank, cost }: ReturnType<typeof changeOf> & { readonly file: Version },
  nowMs: number,
): Promise<void> {
  if (cost > 0n) {
    const deposit = { deposit_microcredits: depositLeft(file, nowMs) + cost, deposit_at_ms: nowMs };
    await tx.updateTable("files").set(deposit).where("id", "=", file.id).execute();
  }
  if (copies === file.copies && rank === file.priority) return;
  await tx.updateTable("files").set({ copies, priority: rank }).where("id", "=", file.id).execute();
  await recomputePromisesOfFile(tx, file.id);
}
