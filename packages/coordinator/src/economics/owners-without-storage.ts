import type { UserId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

const ACCOUNTS_PER_PAGE = 1_000;
const PREPAID = /^user:(.+):prepaid$/;
/** The character after the colon. */
const AFTER_USERS = "user;";

export interface OwnersWithoutStorageOptions {
  /** Whether bytes were counted for the owner. */
  readonly isStoring: (ownerId: UserId) => boolean;
  readonly pause: () => Promise<void>;
}

/** Who has prepaid and stores nothing any more, in no file and no byte: what is left is to be given back. */
export async function ownersWithoutStorage(
  read: Metadata["read"],
  { isStoring, pause }: OwnersWithoutStorageOptions,
): Promise<readonly UserId[]> {
  const owners: UserId[] = [];
  let after = "user:";
  for (;;) {
    const page = await read
      .selectFrom("ledger_accounts")
      .select(["id", "balance_microcredits"])
      .where("id", ">", after)
      .where("id", "<", AFTER_USERS)
      .orderBy("id")
      .limit(ACCOUNTS_PER_PAGE)
      .execute();
    const prepaid = page
      .filter((account) => account.balance_microcredits > 0n)
      .map((account) => PREPAID.exec(account.id)?.[1] as UserId | undefined)
      .filter((owner) => owner !== undefined && !isStoring(owner));
    if (prepaid.length > 0) {
      const idle = await read
        .selectFrom("users")
        .select("id")
        .where("id", "in", prepaid as string[])
        .where((eb) =>
          eb.not(eb.exists(eb.selectFrom("files").select("files.id").whereRef("files.owner_id", "=", "users.id"))),
        )
        .execute();
      owners.push(...idle.map(({ id }) => id as UserId));
    }
    if (page.length < ACCOUNTS_PER_PAGE) return owners;
    after = page.at(-1)!.id;
    await pause();
  }
}
