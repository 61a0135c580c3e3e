import type { AdminAction, Person } from "../admin.ts";
import { type Answer, errorAnswer, type FakeCall, json } from "./fake-call.ts";
import { FAKE_BALANCE } from "./fake-purchases.ts";

const ID = "00000000-0000-7000-8000-00000000000";

export function fakePerson(number: number, email: string, overrides: Partial<Person> = {}): Person {
  return {
    id: `${ID}${number}`,
    email,
    name: email.split("@")[0]!,
    role: "user",
    created_at: "2026-01-01T00:00:00.000Z",
    disabled_at: null,
    credits: FAKE_BALANCE,
    stored_files: 2,
    stored_bytes: 3_000_000,
    ...overrides,
  };
}

export const FAKE_PEOPLE: readonly Person[] = [
  fakePerson(1, "ada@example.org", { role: "admin" }),
  fakePerson(2, "bob@example.org"),
];

export const FAKE_ACTIONS: readonly AdminAction[] = [
  {
    id: 2,
    at: "2026-01-02T00:00:00.000Z",
    actor: { kind: "user", id: `${ID}1`, name: "ada@example.org" },
    action: "node.ban",
    subject: { kind: "node", id: "gone", name: null },
    details: { force: true },
  },
];

export const FAKE_SETTINGS = [
  {
    name: "storage.copies",
    value: 4,
    source: "file",
    where: "/srv/data/coordinator.toml",
    description: "Replicas of every chunk.",
  },
  { name: "http.public_url", value: null, source: "default", where: null, description: "Where people reach it." },
];

/** What admins call; undefined for other paths. */
export function answerAdmin(call: FakeCall): Answer | undefined {
  const { state, path, method, query } = call;
  if (!path.startsWith("/api/v1/admin/")) return undefined;
  if (state.role !== "admin") return errorAnswer(403, "FORBIDDEN", "this call is for admin");
  const [area, id = "", verb] = path.slice("/api/v1/admin/".length).split("/");
  if (area === "actions") return { status: 200, body: { items: FAKE_ACTIONS, next_cursor: null } };
  if (area === "settings") return { status: 200, body: { items: FAKE_SETTINGS } };
  if (id === "") {
    const [q, role] = [(query.get("q") ?? "").toLowerCase(), query.get("role")];
    const items = state.people.filter(
      (each) => (each.email.startsWith(q) || each.id === q) && (role === null || each.role === role),
    );
    return { status: 200, body: { items, next_cursor: null } };
  }
  const at = state.people.findIndex((each) => each.id === id);
  const found = state.people[at];
  if (found === undefined) return errorAnswer(404, "NOT_FOUND", `there is no user ${id}`);
  if (method === "POST" && verb === "credits") return answerGrant(call);
  const { role, disabled } = json(call) as { readonly role?: string; readonly disabled?: boolean };
  if (found.role === "admin") return errorAnswer(409, "LAST_ADMIN", "this is the only admin");
  const disabledAt = disabled === true ? "2026-01-03T00:00:00.000Z" : null;
  state.people[at] = {
    ...found,
    ...(role === undefined ? {} : { role }),
    ...(disabled === undefined ? {} : { disabled_at: disabledAt }),
  };
  return { status: 200, body: state.people[at] };
}

function answerGrant({ request, state, ...call }: FakeCall): Answer {
  const { amount_microcredits: micro } = json({ ...call, request, state }) as { readonly amount_microcredits: string };
  const key = String(request.headers["idempotency-key"]);
  const repeated = state.grants.has(key);
  state.grants.set(key, micro);
  const amount = String(Number(micro) / 1_000_000);
  return { status: 201, body: { amount, amount_microcredits: micro, repeated, balance: FAKE_BALANCE } };
}
