import type { NodeId } from "@commonhold/core/ids.ts";
import {
  FORFEITED_ACCOUNT,
  pendingAccount,
  postTransaction,
  STORAGE_ACCOUNT,
} from "@commonhold/metadata/commands/ledger.ts";
import type { CommandName, CommandPayload, CommandResult, Metadata } from "@commonhold/metadata/metadata.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { CoordinatorLife } from "../coordinator/coordinator-life.ts";
import type { EconomyChecker } from "./economy-checker.ts";
import type { EconomyWorld } from "./economy-world.ts";

/** Books of a day take time, so that a crash finds them half written. */
const BOOKING_MS_MAX = 20_000;

export interface LivingMetadataDeps {
  readonly world: EconomyWorld;
  readonly life: CoordinatorLife;
  readonly checkers: readonly EconomyChecker[];
  readonly random: SeededRandom;
}

/** The metadata as one run of the coordinator's process has it: what it waits for when it dies never comes. */
export function livingMetadata(deps: LivingMetadataDeps): Metadata {
  const { world, life, checkers, random } = deps;
  const { signal } = new AbortController();
  const delay = async (): Promise<void> => {
    await life.through(() => world.time.sleep(random.integer(0, BOOKING_MS_MAX), signal));
  };
  return {
    read: world.metadata.read,
    snapshot: (use) => {
      for (const checker of checkers) checker.onReckoning?.();
      return life.through(() => world.metadata.snapshot(use));
    },
    apply: async <Name extends CommandName>(
      name: Name,
      payload: CommandPayload<Name>,
    ): Promise<CommandResult<Name>> => {
      const isBooking = name.startsWith("economics.");
      if (isBooking) await delay();
      const result = await life.through(() => applyObserved(deps, name, defective(world, name, payload)));
      if (isBooking) await delay();
      return result;
    },
    close: async () => {},
  };
}

async function applyObserved<Name extends CommandName>(
  { world, checkers }: LivingMetadataDeps,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<CommandResult<Name>> {
  for (const checker of checkers) checker.onCommand?.(name, payload);
  const result = await world.metadata.apply(name, payload);
  if (world.broken === "paid-twice" && name === "economics.pay_nodes") {
    await payAgain(world, payload as CommandPayload<"economics.pay_nodes">);
  }
  if (world.broken === "unforfeited" && name === "audit.record") {
    await giveBack(world, result as CommandResult<"audit.record">);
  }
  if (name === "economics.close_day") {
    const { day } = payload as unknown as CommandPayload<"economics.close_day">;
    for (const checker of checkers) await checker.onDayClosed?.(day);
  }
  return result;
}

/** The deliberate defects of what is written down. */
function defective<Name extends CommandName>(
  { broken }: EconomyWorld,
  name: Name,
  payload: CommandPayload<Name>,
): CommandPayload<Name> {
  if (broken === "ignored-absences" && name === "node.heartbeat") return { ...payload, absent: [] };
  if (broken === "blamed-for-gaps" && name === "uptime.watch") {
    const { gap } = payload as CommandPayload<"uptime.watch">;
    // The first one is how it is known since when there is anything to settle.
    return { ...payload, gap: gap?.from_ms === 0 ? gap : null };
  }
  return payload;
}

async function payAgain(world: EconomyWorld, { day, lines }: CommandPayload<"economics.pay_nodes">): Promise<void> {
  const line = lines.find(({ net_microcredits }) => net_microcredits !== "0");
  if (line === undefined) return;
  const amount = BigInt(line.net_microcredits);
  await move(world, { id: `again-${day}`, from: STORAGE_ACCOUNT, to: pendingAccount(line.node_id), amount });
}

async function giveBack(world: EconomyWorld, { nodes }: CommandResult<"audit.record">): Promise<void> {
  const node = nodes.find(({ standing, changes }) => standing === "disqualified" && changes.length > 0);
  if (node === undefined) return;
  const row = await world.metadata.read
    .selectFrom("ledger_accounts")
    .select("balance_microcredits")
    .where("id", "=", FORFEITED_ACCOUNT)
    .executeTakeFirst();
  const amount = row?.balance_microcredits ?? 0n;
  if (amount === 0n) return;
  await move(world, {
    id: `back-${node.node_id}`,
    from: FORFEITED_ACCOUNT,
    to: pendingAccount(node.node_id as NodeId),
    amount,
  });
}

async function move(
  world: EconomyWorld,
  {
    id,
    from,
    to,
    amount,
  }: { readonly id: string; readonly from: string; readonly to: string; readonly amount: bigint },
): Promise<void> {
  const entries = [
    { account_id: from, amount: -amount },
    { account_id: to, amount },
  ];
  const about = { kind: "earning", description: "", reference: "", created_at_ms: world.wall.nowMs() };
  await world.metadata.tamper((tx) => postTransaction(tx, { id, ...about, entries }));
}
