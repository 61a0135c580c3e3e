import { createHash } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import { defineCommand } from "../command.ts";
import { Day, Hex32Bytes, payloadOf, TimeMs } from "./payload-fields.ts";
import { refuseUnfinishedDay } from "./utc-days.ts";

/**
 * Commits to the key from which the seeds of a day derive, before any is used.
 * @throws AppError CONCURRENT_CHANGE where another commitment is recorded for the day
 */
export const openAuditPeriod = defineCommand({
  name: "audit.open_period",
  payload: payloadOf({ day: Day, commitment: Hex32Bytes, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const period = await tx
      .selectFrom("audit_periods")
      .select("commitment")
      .where("day", "=", p.day)
      .executeTakeFirst();
    if (period !== undefined && period.commitment !== p.commitment) {
      throw new AppError(
        "CONCURRENT_CHANGE",
        `audits of ${p.day} were committed to another key: another coordinator has another master key`,
      );
    }
    if (period !== undefined) return { repeated: true };
    await tx
      .insertInto("audit_periods")
      .values({ day: p.day, commitment: p.commitment, key: null, opened_at_ms: p.now_ms, revealed_at_ms: null })
      .execute();
    return { repeated: false };
  },
});

/**
 * Publishes the key of a day that is over.
 * @throws AppError NOT_FOUND for a day without commitment, INVALID_REQUEST for one that is not over or another key
 */
export const revealAuditPeriod = defineCommand({
  name: "audit.reveal_period",
  payload: payloadOf({ day: Day, key: Hex32Bytes, now_ms: TimeMs }),
  apply: async (tx, p) => {
    refuseUnfinishedDay(p.day, p.now_ms);
    const period = await tx
      .selectFrom("audit_periods")
      .select(["commitment", "key"])
      .where("day", "=", p.day)
      .executeTakeFirst();
    if (period === undefined) throw new AppError("NOT_FOUND", `nothing was committed to for the audits of ${p.day}`);
    const commitment = createHash("sha256").update(Buffer.from(p.key, "hex")).digest("hex");
    if (commitment !== period.commitment) {
      throw new AppError("INVALID_REQUEST", `this is not the key that was committed to for the audits of ${p.day}`);
    }
    if (period.key !== null) return { repeated: true };
    await tx
      .updateTable("audit_periods")
      .set({ key: p.key, revealed_at_ms: p.now_ms })
      .where("day", "=", p.day)
      .execute();
    return { repeated: false };
  },
});
