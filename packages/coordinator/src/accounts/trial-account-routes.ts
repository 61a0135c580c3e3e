import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { isLoopback } from "../http/host-check.ts";
import type { Http } from "../http/http-server.ts";
import { errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { readFirstAccountFile } from "./first-account.ts";

export interface TrialAccountDeps {
  readonly metadata: Pick<Metadata, "read">;
  /** `first-account.json` in the data folder. */
  readonly firstAccountFile: string;
}

const TrialAccountSchema = Type.Object(
  {
    email: Type.Union([Type.String(), Type.Null()], { description: "null where there is nothing to tell." }),
    password_file: Type.Union([Type.String(), Type.Null()], { description: "The file that has its password." }),
  },
  { description: "The account that the first start made." },
);

/**
 * Tells a newcomer at this very machine which account the first start made, and where its password stands; never the
 * password. Nobody else is told, and nobody once there are other accounts or another password.
 */
export function registerTrialAccountRoute(app: Http, { metadata, firstAccountFile }: TrialAccountDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/auth/trial-account", {
      schema: {
        operationId: "trialAccount",
        tags: [TAGS.accounts],
        summary: "The account that the first start made, for callers on this machine",
        response: { 200: TrialAccountSchema, ...errorAnswers() },
      },
      handler: async (request) => {
        const nothing = { email: null, password_file: null };
        if (!isFromHere(request)) return nothing;
        const users = await metadata.read.selectFrom("users").select("email").limit(2).execute();
        const [only] = users;
        if (only === undefined || users.length > 1) return nothing;
        const first = await readFirstAccountFile(firstAccountFile);
        if (first?.email !== only.email || first.password === undefined) return nothing;
        return { email: only.email, password_file: firstAccountFile };
      },
    });
  });
}

/** Not through a proxy: its clients may be anywhere. */
function isFromHere({ raw }: Pick<FastifyRequest, "raw">): boolean {
  const forwarded = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
  return isLoopback(raw.socket.remoteAddress ?? "") && !forwarded.some((name) => raw.headers[name] !== undefined);
}
