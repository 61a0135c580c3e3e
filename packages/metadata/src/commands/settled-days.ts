import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { ByteMs, Day, payloadOf, TimeMs } from "./payload-fields.ts";
import { refuseUnfinishedDay } from "./utc-days.ts";

const Count = Type.Integer({ minimum: 0 });

/**
 * Closes a day in which every owner was charged and every node was paid; from then on it takes no new lines. Once.
 * @throws AppError INVALID_REQUEST for a day that is not over, CONCURRENT_CHANGE where it has another number of lines
 */
export const closeDay = defineCommand({
  name: "economics.close_day",
  payload: payloadOf({ day: Day, owners: Count, nodes: Count, byte_ms: ByteMs, now_ms: TimeMs }),
  apply: async (tx, p) => {
    refuseUnfinishedDay(p.day, p.now_ms);
    if (await isSettled(tx, p.day)) return { repeated: true };
    const owners = await tx
      .selectFrom("owner_days")
      .select((eb) => [
        eb.fn.countAll<number>().as("lines"),
        eb.fn.sum<bigint>("charged_microcredits").as("sum_microcredits"),
      ])
      .where("day", "=", p.day)
      .executeTakeFirstOrThrow();
    const nodes = await tx
      .selectFrom("node_days")
      .select((eb) => [
        eb.fn.countAll<number>().as("lines"),
        eb.fn.sum<bigint>("net_microcredits").as("sum_microcredits"),
      ])
      .where("day", "=", p.day)
      .where("settled_at_ms", "is not", null)
      .executeTakeFirstOrThrow();
    if (Number(owners.lines) !== p.owners || Number(nodes.lines) !== p.nodes) {
      throw new AppError(
        "CONCURRENT_CHANGE",
        `${p.day} cannot be closed: ${owners.lines} of ${p.owners} owners are charged, ` +
          `${nodes.lines} of ${p.nodes} nodes are paid`,
      );
    }
    await tx
      .insertInto("settled_days")
      .values({
        day: p.day,
        owners: p.owners,
        nodes: p.nodes,
        byte_ms: p.byte_ms,
        charged_microcredits: BigInt(owners.sum_microcredits ?? 0n),
        net_microcredits: BigInt(nodes.sum_microcredits ?? 0n),
        settled_at_ms: p.now_ms,
      })
      .execute();
    return { repeated: false };
  },
});

export async function isSettled(tx: Transaction<Tables>, day: string): Promise<boolean> {
  const settled = await tx.selectFrom("settled_days").select("day").where("day", "=", day).executeTakeFirst();
  return settled !== undefined;
}

/** @throws AppError CONCURRENT_CHANGE */
export function refuseSettledDay(day: string, line: string): never {
  throw new AppError("CONCURRENT_CHANGE", `${day} is settled: it takes no new line for ${line}`);
}
