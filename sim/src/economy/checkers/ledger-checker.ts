import type { NodeId } from "@commonhold/core/ids.ts";
import { pendingAccount, STORAGE_ACCOUNT } from "@commonhold/metadata/commands/ledger.ts";
import { sql } from "kysely";
import type { EconomyChecker } from "../economy-checker.ts";
import type { EconomyWorld } from "../economy-world.ts";

interface Sums {
  readonly balances: ReadonlyMap<string, bigint>;
  /** By account and kind of transaction. */
  readonly moved: ReadonlyMap<string, bigint>;
}

/**
 * No credit comes from nowhere or goes there: balances are the sums of their entries, all together are nothing, nodes get
 * what their lines say, owners pay what theirs say, and no day pays out more than it takes in.
 */
export class LedgerChecker implements EconomyChecker {
  readonly name = "ledger";
  readonly #world: EconomyWorld;
  #rounds = 0;
  #payouts = 0;
  #forfeited = 0n;

  constructor(world: EconomyWorld) {
    this.#world = world;
  }

  async onRound(): Promise<void> {
    const sums = await this.#read();
    let total = 0n;
    for (const [account, balance] of sums.balances) {
      total += balance;
      if (/^(user|node):/.test(account) && balance < 0n) this.#fail(`${account} has ${balance}`);
    }
    if (total !== 0n) this.#fail(`all accounts together have ${total}`);
    await this.#checkEntries(sums);
    await this.#checkDays(sums);
    await this.#checkNodes(sums);
    this.#rounds += 1;
  }

  atEnd(): Promise<void> {
    return this.onRound();
  }

  verdict(): readonly string[] {
    return [
      `conserved ${this.#rounds} times; ${this.#payouts} payouts, ${this.#forfeited / 1_000_000n} credits forfeited`,
    ];
  }

  async #read(): Promise<Sums> {
    const { read } = this.#world.metadata;
    const accounts = await read.selectFrom("ledger_accounts").select(["id", "balance_microcredits"]).execute();
    const { rows } = await sql<{ account_id: string; kind: string; sum_microcredits: bigint }>`
      select account_id, kind, sum(amount_microcredits) as sum_microcredits
      from ledger_entries inner join ledger_transactions on ledger_transactions.id = ledger_entries.transaction_id
      group by account_id, kind`.execute(read);
    return {
      balances: new Map(accounts.map((account) => [account.id, account.balance_microcredits])),
      moved: new Map(rows.map((row) => [`${row.account_id} ${row.kind}`, BigInt(row.sum_microcredits)])),
    };
  }

  async #checkEntries({ balances, moved }: Sums): Promise<void> {
    const sums = new Map<string, bigint>();
    for (const [key, sum] of moved) {
      const [account] = key.split(" ") as [string];
      sums.set(account, (sums.get(account) ?? 0n) + sum);
    }
    for (const [account, balance] of balances) {
      if (sums.get(account) !== balance) this.#fail(`${account} has ${balance}, its entries are ${sums.get(account)}`);
    }
  }

  async #checkDays({ moved }: Sums): Promise<void> {
    const { read } = this.#world.metadata;
    const days = await read.selectFrom("settled_days").selectAll().execute();
    for (const { day, charged_microcredits: charged, net_microcredits: net } of days) {
      if (net > charged) this.#fail(`${day} pays ${net} and takes in ${charged}`);
    }
    const owners = await read.selectFrom("owner_days").select("charged_microcredits").execute();
    const charged = owners.reduce((sum, row) => sum + row.charged_microcredits, 0n);
    const booked = moved.get(`${STORAGE_ACCOUNT} charge`) ?? 0n;
    if (charged !== booked) this.#fail(`owners were charged ${booked} and their days are ${charged}`);
  }

  async #checkNodes({ balances, moved }: Sums): Promise<void> {
    const { metadata, nodes } = this.#world;
    const { read } = metadata;
    const lines = await read.selectFrom("node_days").select(["node_id", "net_microcredits"]).execute();
    const payouts = await read.selectFrom("node_payouts").select(["node_id", "amount_microcredits"]).execute();
    const net = sumBy(lines.map(({ node_id, net_microcredits }) => [node_id, net_microcredits]));
    const paid = sumBy(payouts.map(({ node_id, amount_microcredits }) => [node_id, amount_microcredits]));
    this.#payouts = payouts.length;
    this.#forfeited = 0n;
    for (const nodeId of nodes.keys()) {
      const account = pendingAccount(nodeId);
      const movedBy = (kind: string): bigint => moved.get(`${account} ${kind}`) ?? 0n;
      this.#forfeited -= movedBy("forfeit");
      if (movedBy("earning") !== (net.get(nodeId) ?? 0n)) {
        this.#fail(`it was given ${movedBy("earning")} where its days are ${net.get(nodeId) ?? 0n}`, nodeId);
      }
      if (-movedBy("payout") !== (paid.get(nodeId) ?? 0n)) {
        this.#fail(`it was paid out ${-movedBy("payout")} where ${paid.get(nodeId) ?? 0n} is noted`, nodeId);
      }
      const pending = balances.get(account) ?? 0n;
      if (nodes.get(nodeId)!.disqualifiedAtMs !== undefined && pending !== 0n) {
        this.#fail(`it is disqualified and ${pending} is to be paid out still`, nodeId);
      }
    }
  }

  #fail(message: string, nodeId?: NodeId): void {
    this.#world.fail("wrong_sum", message, nodeId === undefined ? {} : { nodeId });
  }
}

function sumBy(amounts: readonly (readonly [string, bigint])[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [id, amount] of amounts) sums.set(id, (sums.get(id) ?? 0n) + amount);
  return sums;
}
