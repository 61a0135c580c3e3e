import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { DayRates } from "./settlement-options.ts";

/**
 * The price and the rate of a day whose settlement may have begun: those at which its first lines were booked, whatever
 * was configured since, so that one day has one price for all owners and one rate for all nodes, and no rate above the
 * price.
 */
export async function ratesOfDay(read: Metadata["read"], day: string, configured: DayRates): Promise<DayRates> {
  const owner = await read
    .selectFrom("owner_days")
    .select("price_microcredits")
    .where("day", "=", day)
    .limit(1)
    .executeTakeFirst();
  const node = await read
    .selectFrom("node_days")
    .select("rate_microcredits")
    .where("day", "=", day)
    .where("settled_at_ms", "is not", null)
    .limit(1)
    .executeTakeFirst();
  const price = owner?.price_microcredits ?? configured.price;
  if (node !== undefined) return { price, rate: node.rate_microcredits };
  return { price, rate: configured.rate < price ? configured.rate : price };
}
