import { DatabaseSync } from "node:sqlite";

/** Prepaid, available, debt, and the system's own. */
export const ENTRIES_A_TRANSACTION = 4;
export const OWNERS = 2_000;
const STEP = 100_000;
const TO_OWNER = { prepaid: 3, available: 2, debt: 1 };
const TO_SYSTEM = { prepaid: -2, available: -1, debt: -1 };

/**
 * Writes transactions straight into a database that has its tables, as millions of commands would take far longer than
 * what is to be measured: in turn one for each owner, one day credits that come, the next that go.
 * @param transactions so many, after the first `from`
 */
export function fillLedger(
  file: string,
  { from, transactions }: { readonly from: number; readonly transactions: number },
  signal: AbortSignal,
): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144");
    const indexes = from === 0 ? takeIndexes(database) : [];
    for (let at = from; at < from + transactions; at += STEP) {
      signal.throwIfAborted();
      const until = Math.min(at + STEP, from + transactions);
      database.exec(`BEGIN; ${addTransactions(at, until)}; ${addEntries(at, until)}; COMMIT`);
    }
    for (const index of indexes) {
      signal.throwIfAborted();
      database.exec(index);
    }
    for (let owner = 0; owner < OWNERS; owner++) addOwner(database, owner, from + transactions);
    addSystem(database, from + transactions);
    database.exec("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

export function ownerId(owner: number): string {
  return `owner-${owner}`;
}

/** They are made anew at the end, which is far quicker. @returns how */
function takeIndexes(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare(
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'ledger_entries' AND sql IS NOT NULL",
    )
    .all() as unknown as readonly { readonly name: string; readonly sql: string }[];
  for (const { name } of rows) database.exec(`DROP INDEX ${name}`);
  return rows.map(({ sql }) => sql);
}

function numbers(from: number, until: number): string {
  return `WITH RECURSIVE numbers (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${until})`;
}

function addTransactions(from: number, until: number): string {
  return `INSERT INTO ledger_transactions (id, kind, description, reference, created_at_ms)
    ${numbers(from, until)} SELECT printf('charge-%09d', n), 'charge', 'Storage on a day', n / ${OWNERS}, n FROM numbers`;
}

function addEntries(from: number, until: number): string {
  const owner = `'owner-' || (n % ${OWNERS})`;
  const isToOwner = `(n / ${OWNERS}) % 2 = 0`;
  const amount = (key: keyof typeof TO_OWNER) => `iif(${isToOwner}, ${TO_OWNER[key]}, ${TO_SYSTEM[key]})`;
  const accounts = [
    [`'user:' || ${owner} || ':prepaid'`, amount("prepaid")],
    [`'user:' || ${owner} || ':available'`, amount("available")],
    [`'debt:' || ${owner}`, amount("debt")],
    ["'system:storage'", `-(${amount("prepaid")} + ${amount("available")} + ${amount("debt")})`],
  ];
  const selects = accounts.map(
    ([account, value]) => `SELECT printf('charge-%09d', n), ${account}, ${value} FROM numbers`,
  );
  return `INSERT INTO ledger_entries (transaction_id, account_id, amount_microcredits)
    ${numbers(from, until)} ${selects.join(" UNION ALL ")}`;
}

function addOwner(database: DatabaseSync, owner: number, transactions: number): void {
  const { came, went } = daysOf(owner, transactions);
  const id = ownerId(owner);
  for (const [account, key] of [
    [`user:${id}:prepaid`, "prepaid"],
    [`user:${id}:available`, "available"],
    [`debt:${id}`, "debt"],
  ] as const) {
    setBalance(database, account, came * TO_OWNER[key] + went * TO_SYSTEM[key]);
  }
}

function addSystem(database: DatabaseSync, transactions: number): void {
  let balance = 0;
  const sum = (amounts: typeof TO_OWNER): number => amounts.prepaid + amounts.available + amounts.debt;
  for (let owner = 0; owner < OWNERS; owner++) {
    const { came, went } = daysOf(owner, transactions);
    balance -= came * sum(TO_OWNER) + went * sum(TO_SYSTEM);
  }
  setBalance(database, "system:storage", balance);
}

function daysOf(owner: number, transactions: number): { readonly came: number; readonly went: number } {
  const days = Math.floor(transactions / OWNERS) + (owner < transactions % OWNERS ? 1 : 0);
  return { came: Math.ceil(days / 2), went: Math.floor(days / 2) };
}

function setBalance(database: DatabaseSync, account: string, balance: number): void {
  database
    .prepare(
      "INSERT INTO ledger_accounts (id, balance_microcredits) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET balance_microcredits = excluded.balance_microcredits",
    )
    .run(account, BigInt(balance));
}
