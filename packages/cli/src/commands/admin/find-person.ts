import type { Admin, Person } from "@commonhold/client/admin.ts";
import { AppError } from "@commonhold/core/app-error.ts";

/** A person by the whole e-mail address or the id. @throws AppError NOT_FOUND */
export async function findPerson(
  admin: Pick<Admin, "people">,
  emailOrId: string,
  signal: AbortSignal,
): Promise<Person> {
  const email = emailOrId.toLowerCase();
  for await (const person of admin.people({ startsWith: emailOrId, signal })) {
    // A longer address may begin like this one, and comes later.
    if (person.email === email || person.id === emailOrId) return person;
    break;
  }
  throw new AppError("NOT_FOUND", `nobody here has the e-mail address or id "${emailOrId}"`);
}
