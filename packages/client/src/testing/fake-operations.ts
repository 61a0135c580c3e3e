import type { JobObject } from "../jobs.ts";
import { type Answer, errorAnswer, type FakeCall, json } from "./fake-call.ts";

/** Nodes, repair, jobs and rebalancing; undefined for other paths. */
export function answerOperations(call: FakeCall): Answer | undefined {
  const { state, method, path } = call;
  const [, area, id = ""] = path.slice("/api".length).split("/").slice(1);
  if (area === "jobs") return forRoles(call, ["admin"]) ?? answerJobs(call);
  if (area === "nodes" && method === "GET") {
    const node = state.nodes.find((candidate) => candidate.id === id);
    return node === undefined
      ? errorAnswer(404, "NODE_NOT_FOUND", `there is no node ${id}`)
      : { status: 200, body: node };
  }
  if (area === "nodes" && id !== "join-tokens") return answerMembership(call, id);
  if (area === "repair" && state.repair !== undefined) {
    const { in_flight, unrepairable, ...rest } = state.repair;
    const isAdmin = state.role === "admin";
    const hidden = { in_flight: [], unrepairable: { ...unrepairable, items: [] } };
    return { status: 200, body: { ...rest, ...(isAdmin ? { in_flight, unrepairable } : hidden) } };
  }
  if (area === "rebalance") {
    const body = { ...state.rebalancing, dry_run: method === "POST" && json(call).dry_run === true };
    return forRoles(call, ["admin", "operator"]) ?? { status: body.dry_run ? 200 : 202, body };
  }
  return undefined;
}

/** Removals, bans and what takes these back. */
function answerMembership(call: FakeCall, id: string): Answer {
  const { state, method, path, query } = call;
  const isBan = path.endsWith("/ban");
  const refusal = isBan ? forRoles(call, ["admin"]) : undefined;
  if (refusal !== undefined) return refusal;
  const at = state.nodes.findIndex((node) => node.id === id);
  const node = state.nodes[at];
  if (node === undefined) return errorAnswer(404, "NODE_NOT_FOUND", `there is no node ${id}`);
  if (!isBan && node.status === "active" && query.get("force") !== "true") {
    return errorAnswer(409, "NODE_STILL_NEEDED", `node ${node.name} is active: drain it, or force it`);
  }
  const changed = { ...node, status: isBan && method === "DELETE" ? "joining" : "banned" };
  state.nodes[at] = changed;
  return { status: 200, body: changed };
}

function forRoles({ state }: FakeCall, roles: readonly string[]): Answer | undefined {
  if (roles.includes(state.role)) return undefined;
  return errorAnswer(403, "FORBIDDEN", `this call is for ${roles.join(" and ")}; your role is ${state.role}`);
}

function answerJobs(call: FakeCall): Answer {
  const { state, method } = call;
  const [name = "", verb] = call.path.slice("/api/v1/jobs".length).split("/").slice(1);
  if (name === "") return { status: 200, body: { items: [...state.jobs.values()] } };
  const job = state.jobs.get(name);
  if (job === undefined) {
    return errorAnswer(404, "NOT_FOUND", `there is no job "${name}": there are ${[...state.jobs.keys()].join(", ")}`);
  }
  if (method === "PATCH" && job.throttle === null) {
    return errorAnswer(400, "INVALID_REQUEST", `the job ${name} moves nothing that could be throttled`);
  }
  if (verb === "run" && job.state === "paused") {
    return errorAnswer(400, "INVALID_REQUEST", `the job ${name} is paused: resume it, and it can run`);
  }
  const changed: JobObject = { ...job, ...changeOf(call, verb) };
  state.jobs.set(name, changed);
  return { status: 200, body: changed };
}

function changeOf(call: FakeCall, verb: string | undefined): Partial<JobObject> {
  if (call.method === "PATCH") return { throttle: json(call).throttle as JobObject["throttle"] };
  if (verb === "pause") return { state: "paused", next_run_at: null };
  return { state: verb === "run" ? "running" : "idle" };
}
