import { formatCredits } from "@commonhold/core/credits.ts";
import { monthlyStorageCost } from "@commonhold/core/economics/storage-cost.ts";
import { COPIES_MAX, PRIORITIES, priorityRank } from "@commonhold/core/priority.ts";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { depositLeft } from "./deposits.ts";
import { requireCompleteFile } from "./files.ts";
import { prepayCredits } from "./credit-moves.ts";
import { Id, MicroCredits, payloadOf, PriorityName, TimeMs } from "./payload-fields.ts";
import { recomputePromisesOfFile } from "./promises.ts";

/**
 * Changes how many copies a file is kept in and how much it matters. More copies cost what they cost more for a month,
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
    const file = await requireCompleteFile(tx, p);
    const copies = p.copies ?? file.copies;
    const rank = p.priority === null ? file.priority : priorityRank(p.priority);
    const terms = { microCreditsPerGbMonth: BigInt(p.microcredits_per_gb_month) };
    const size = BigInt(file.size_bytes);
    const difference = monthlyStorageCost(size, copies, terms) - monthlyStorageCost(size, file.copies, terms);
    const cost = difference > 0n ? difference : 0n;
    await prepayCredits(tx, {
      transactionId: p.transaction_id,
      userId: p.owner_id,
      amount: cost,
      description: `Storing ${file.name} in ${copies} copies for a month (${formatCredits(cost)} credits more)`,
      reference: p.file_id,
      nowMs: p.now_ms,
    });
    if (cost > 0n) {
      const deposit = { deposit_microcredits: depositLeft(file, p.now_ms) + cost, deposit_at_ms: p.now_ms };
      await tx.updateTable("files").set(deposit).where("id", "=", p.file_id).execute();
    }
    if (copies !== file.copies || rank !== file.priority) {
      await tx.updateTable("files").set({ copies, priority: rank }).where("id", "=", p.file_id).execute();
      await recomputePromisesOfFile(tx, p.file_id);
    }
    return { copies, priority: PRIORITIES[rank]!, charged_microcredits: cost.toString() };
  },
});
