import { randomUUID } from "node:crypto";
import { parseCredits } from "@commonhold/core/credits.ts";
import type { CliContext } from "../../cli-context.ts";
import { findPerson } from "./find-person.ts";

export interface GrantOptions {
  readonly reason: string;
  readonly key?: string;
}

export async function grantCredits(
  context: CliContext,
  ...[emailOrId, amount, { reason, key = randomUUID() }]: [emailOrId: string, amount: string, options: GrantOptions]
): Promise<void> {
  const { output, signal } = context;
  const microCredits = parseCredits(amount);
  const client = await context.openClient();
  const { id, email } = await findPerson(client.admin, emailOrId, signal);
  const grant = await client.admin.grant(id, { microCredits, reason, idempotencyKey: key }, signal);
  if (output.json) return output.document(grant);
  if (grant.repeated) output.note("It was given before, under the same key: nothing more was.");
  output.line(`${email} was given ${grant.amount} credits and has ${grant.balance.available}`);
}
