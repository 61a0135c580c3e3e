import { formatCredits } from "@commonhold/core/credits.ts";
import type { Insertable, Transaction } from "kysely";
import Type, { type Static } from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { beginArrears, endArrears } from "./debts.ts";
import {
  availableAccount,
  debtAccount,
  postMovement,
  prepaidAccount,
  readBalances,
  STORAGE_ACCOUNT,
} from "./ledger.ts";
import { ByteMs, Day, Id, LINES_MAX, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";
import { isSettled, refuseSettledDay } from "./settled-days.ts";
import { refuseUnfinishedDay } from "./utc-days.ts";

const Line = payloadOf({ owner_id: Id, byte_ms: ByteMs, charged_microcredits: MicroCredits });

/**
 * Charges owners for a day, each once: first what they prepaid, then what they can spend, and the rest is owed. Whoever
 * stores nothing any more, in no file and no byte, gets back what is left of what was prepaid. A line that is there
 * stays as it is.
 * @throws AppError INVALID_REQUEST for a day that is not over, CONCURRENT_CHANGE for a new line of a settled one
 */
export const chargeOwners = defineCommand({
  name: "economics.charge_owners",
  payload: payloadOf({
    day: Day,
    /** For a GB and month. */
    price_microcredits: MicroCredits,
    lines: Type.Array(Line, { maxItems: LINES_MAX }),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    refuseUnfinishedDay(p.day, p.now_ms);
    const isClosed = await isSettled(tx, p.day);
    const inArrears: string[] = [];
    let charged = 0;
    for (const line of p.lines) {
      const isNew = await insertLine(tx, {
        owner_id: line.owner_id,
        day: p.day,
        byte_ms: line.byte_ms,
        price_microcredits: BigInt(p.price_microcredits),
        charged_microcredits: BigInt(line.charged_microcredits),
        settled_at_ms: p.now_ms,
      });
      if (isNew === 0n) continue;
      if (isClosed) refuseSettledDay(p.day, `owner ${line.owner_id}`);
      if (await chargeOwner(tx, line, p)) inArrears.push(line.owner_id);
      charged += 1;
    }
    return { charged, repeated: p.lines.length - charged, arrears_began: inArrears };
  },
});

const insertLine = prepareChange((tx, row: Insertable<Tables["owner_days"]>) =>
  tx
    .insertInto("owner_days")
    .values(row)
    .onConflict((oc) => oc.columns(["owner_id", "day"]).doNothing()),
);

interface ChargedDay {
  readonly day: string;
  readonly now_ms: number;
}

/** @returns whether the owner owes from now on */
async function chargeOwner(tx: Transaction<Tables>, line: Static<typeof Line>, on: ChargedDay): Promise<boolean> {
  const owner = line.owner_id;
  const accounts = [prepaidAccount(owner), availableAccount(owner), debtAccount(owner)] as const;
  const [prepaid, available, debt] = await readBalances(tx, accounts);
  const charge = BigInt(line.charged_microcredits);
  const fromPrepaid = least(prepaid, charge);
  const fromAvailable = least(available, charge - fromPrepaid);
  const owed = charge - fromPrepaid - fromAvailable;
  // What came in meanwhile on another way than those that pay debts first.
  const repaid = least(-debt, available - fromAvailable);
  await postMovement(tx, {
    transactionId: `charge-${on.day}-${owner}`,
    kind: "charge",
    description: `Storage on ${on.day} (${formatCredits(charge)} credits)`,
    reference: on.day,
    nowMs: on.now_ms,
    entries: [
      { account_id: accounts[0], amount: -fromPrepaid },
      { account_id: accounts[1], amount: -fromAvailable - repaid },
      { account_id: accounts[2], amount: repaid - owed },
      { account_id: STORAGE_ACCOUNT, amount: charge },
    ],
  });
  if (BigInt(line.byte_ms) === 0n) await returnPrepaid(tx, { owner, amount: prepaid - fromPrepaid, ...on });
  if (debt + repaid - owed < 0n) return await beginArrears(tx, owner, on.now_ms);
  if (debt < 0n) await endArrears(tx, owner);
  return false;
}

async function returnPrepaid(
  tx: Transaction<Tables>,
  rest: ChargedDay & { readonly owner: string; readonly amount: bigint },
): Promise<void> {
  if (rest.amount === 0n) return;
  const file = await tx.selectFrom("files").select("id").where("owner_id", "=", rest.owner).limit(1).executeTakeFirst();
  if (file !== undefined) return;
  await postMovement(tx, {
    transactionId: `prepaid-${rest.day}-${rest.owner}`,
    kind: "refund",
    description: "What was prepaid and is not needed any more: nothing is stored",
    reference: rest.day,
    nowMs: rest.now_ms,
    entries: [
      { account_id: prepaidAccount(rest.owner), amount: -rest.amount },
      { account_id: availableAccount(rest.owner), amount: rest.amount },
    ],
  });
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
