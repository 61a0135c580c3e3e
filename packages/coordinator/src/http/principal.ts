import type { IncomingMessage } from "node:http";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Role } from "@commonhold/metadata/tables.ts";

/** Who makes a request. */
export type Principal =
  | {
      readonly kind: "user";
      readonly userId: UserId;
      readonly role: Role;
      /** When the access token ends, in milliseconds since 1970; undefined where something else stands for it. */
      readonly untilMs?: number;
    }
  | { readonly kind: "node"; readonly nodeId: NodeId };

export type UserPrincipal = Extract<Principal, { readonly kind: "user" }>;
export type NodePrincipal = Extract<Principal, { readonly kind: "node" }>;

/** The part of a request that says who makes it. */
export interface IdentifiedRequest {
  readonly raw: IncomingMessage;
}

const principals = new WeakMap<IncomingMessage, Principal>();

export function setPrincipal(request: IdentifiedRequest, principal: Principal): void {
  principals.set(request.raw, principal);
}

/** Who makes the request; undefined where it is not known, or not asked. */
export function principalOf(request: IdentifiedRequest): Principal | undefined {
  return principals.get(request.raw);
}

/** The signed-in user, in a route behind `requireUser` or `requireRole`. */
export function currentUser(request: IdentifiedRequest): UserPrincipal {
  const principal = principalOf(request);
  if (principal?.kind !== "user") throw new Error("this route is not behind requireUser");
  return principal;
}

/** The calling node, in a route behind `requireNode`. */
export function currentNode(request: IdentifiedRequest): NodePrincipal {
  const principal = principalOf(request);
  if (principal?.kind !== "node") throw new Error("this route is not behind requireNode");
  return principal;
}
