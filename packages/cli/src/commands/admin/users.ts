import type { Person, Role } from "@commonhold/client/admin.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";
import { findPerson } from "./find-person.ts";

const COLUMNS: readonly TableColumn<Person>[] = [
  { title: "E-MAIL", value: (person) => person.email },
  { title: "NAME", value: (person) => person.name },
  { title: "ROLE", value: (person) => person.role },
  { title: "CREDITS", align: "right", value: (person) => person.credits.available },
  { title: "STORED", align: "right", value: (person) => formatByteSize(person.stored_bytes) },
  { title: "SINCE", value: (person) => formatMoment(person.created_at) },
];
const SHUT: TableColumn<Person> = {
  title: "SHUT SINCE",
  value: (person) => (person.disabled_at === null ? "" : formatMoment(person.disabled_at)),
};

export async function listUsers(
  context: CliContext,
  startsWith: string | undefined,
  { role }: { readonly role?: Role },
): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const people: Person[] = [];
  const query = {
    ...(startsWith === undefined ? {} : { startsWith }),
    ...(role === undefined ? {} : { role }),
    signal,
  };
  for await (const person of client.admin.people(query)) people.push(person);
  if (output.json) return output.document({ items: people });
  if (people.length === 0) return output.note("There is nobody like that.");
  const columns = people.some((person) => person.disabled_at !== null) ? [...COLUMNS, SHUT] : COLUMNS;
  for (const line of formatTable(columns, people)) output.line(line);
}

export async function setRole(context: CliContext, emailOrId: string, role: Role): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const { id } = await findPerson(client.admin, emailOrId, signal);
  const person = await client.admin.setRole(id, role, signal);
  if (output.json) return output.document(person);
  output.line(`${person.email} is ${person.role} now`);
}

/** Shuts an account, or opens it. */
export function setDisabled(disabled: boolean) {
  return async (context: CliContext, emailOrId: string): Promise<void> => {
    const { output, signal } = context;
    const client = await context.openClient();
    const { id } = await findPerson(client.admin, emailOrId, signal);
    const person = await client.admin.setDisabled(id, disabled, signal);
    if (output.json) return output.document(person);
    output.line(`the account of ${person.email} is ${disabled ? "shut: its files and nodes stay" : "open"}`);
  };
}
