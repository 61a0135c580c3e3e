import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { accountDisabled } from "@commonhold/metadata/commands/require-user.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import type { AccessTokens } from "../accounts/access-tokens.ts";
import { hashOpaqueToken } from "../accounts/opaque-token.ts";
import { type IdentifiedRequest, setPrincipal } from "./principal.ts";

/** For `onRequest` of a route: runs before the body is read. The caller is then found by `currentUser`/`currentNode`. */
export type AuthenticationHook = (request: IdentifiedRequest) => Promise<void>;

export interface Authentication {
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, ACCOUNT_DISABLED */
  readonly requireUser: AuthenticationHook;
  /** @throws AppError as `requireUser`, and FORBIDDEN for a user of another role */
  requireRole(...roles: readonly Role[]): AuthenticationHook;
  /** By `x-api-key` or as bearer. @throws AppError UNAUTHENTICATED, NOT_A_MEMBER for a banned node */
  readonly requireNode: AuthenticationHook;
  /** For what a person signed before. @throws AppError UNAUTHENTICATED where there is no such account, ACCOUNT_DISABLED */
  readonly requireOpenAccount: (userId: UserId) => Promise<void>;
}

export interface AuthenticationDeps {
  readonly accessTokens: Pick<AccessTokens, "verify">;
  readonly metadata: Pick<Metadata, "read">;
}

const BEARER = /^bearer +([^\s]+)$/i;

const rightsOf = prepareQuery((read, values: { readonly userId: string }) =>
  read.selectFrom("users").select(["role", "disabled_at_ms"]).where("id", "=", values.userId),
);

export function createAuthentication(deps: AuthenticationDeps): Authentication {
  const { accessTokens, metadata } = deps;

  async function openAccount(userId: UserId): Promise<{ readonly role: Role }> {
    const [user] = await rightsOf(metadata.read, { userId });
    if (user === undefined) {
      throw new AppError("UNAUTHENTICATED", "the account of this access token does not exist here: sign in again");
    }
    if (user.disabled_at_ms !== null) throw accountDisabled();
    return user;
  }

  /** The role is read anew, so that a change of it holds at once and a token outlives no account. */
  async function identifyUser(request: IdentifiedRequest): Promise<Role> {
    const token = bearerOf(request);
    if (token === undefined) {
      throw new AppError(
        "UNAUTHENTICATED",
        "this call needs a signed-in user: send Authorization: Bearer with the access_token of POST /api/v1/auth/login",
      );
    }
    const { userId, expiresAtMs } = await accessTokens.verify(token);
    const user = await openAccount(userId);
    setPrincipal(request, { kind: "user", userId, role: user.role, untilMs: expiresAtMs });
    return user.role;
  }

  async function requireNode(request: IdentifiedRequest): Promise<void> {
    const header = request.raw.headers["x-api-key"];
    const key = typeof header === "string" ? header.trim() : bearerOf(request);
    if (key === undefined || key === "") {
      throw new AppError("UNAUTHENTICATED", "this call needs a node's API key: send it as x-api-key");
    }
    const node = await metadata.read
      .selectFrom("nodes")
      .select(["id", "declared_state"])
      .where("api_key_hash", "=", hashOpaqueToken(key))
      .executeTakeFirst();
    if (node === undefined) {
      throw new AppError("UNAUTHENTICATED", "this API key is not known: register the node again with a join token");
    }
    if (node.declared_state === "banned") {
      throw new AppError("NOT_A_MEMBER", `node ${node.id} is banned from this network: ask its admins`);
    }
    setPrincipal(request, { kind: "node", nodeId: node.id as NodeId });
  }

  return {
    requireUser: async (request) => {
      await identifyUser(request);
    },
    requireRole:
      (...roles) =>
      async (request) => {
        const role = await identifyUser(request);
        if (roles.includes(role)) return;
        throw new AppError("FORBIDDEN", `this call is for ${roles.join(" and ")}; your role is ${role}`, {
          details: { role, allowed: roles },
        });
      },
    requireNode,
    requireOpenAccount: async (userId) => void (await openAccount(userId)),
  };
}

function bearerOf(request: IdentifiedRequest): string | undefined {
  return BEARER.exec(request.raw.headers.authorization ?? "")?.[1];
}
