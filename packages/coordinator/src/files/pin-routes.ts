import type { FileId, NodeId } from "@commonhold/core/ids.ts";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, NoContent, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { FileParams } from "./file-params.ts";
import type { RedundancyService } from "./redundancy-service.ts";
import type { OwnFile } from "./show-file.ts";

export interface PinRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly redundancy: Pick<RedundancyService, "pin" | "unpin">;
  /** What there is to know of a pin to this node, where it takes no copy now. */
  readonly pinWarning: (nodeId: NodeId) => string | undefined;
}

const PinParams = Type.Object({
  id: FileParams.properties.id,
  node: Type.String({ description: "The node's peer id." }),
});

const PinSchema = Type.Object(
  {
    warning: Type.Union([Type.String(), Type.Null()], {
      description: "That the node takes no copy now, and until when; null where it does.",
    }),
  },
  { description: "Pinned, or as it was already." },
);

export function registerPinRoutes(app: Http, deps: PinRoutesDeps): void {
  registerJsonRoutes(app, (routes) => registerPins(routes, deps));
}

function registerPins(routes: Http, deps: PinRoutesDeps): void {
  const schema = { tags: [TAGS.files], security: BY_ACCESS_TOKEN, params: PinParams };
  const refusals = errorAnswers(
    "INVALID_REQUEST",
    "UNAUTHENTICATED",
    "NOT_A_MEMBER",
    "FILE_NOT_FOUND",
    "NODE_NOT_FOUND",
  );
  routes.put("/api/v1/files/:id/pins/:node", {
    onRequest: deps.requireUser,
    schema: {
      ...schema,
      operationId: "pinFile",
      summary: "Keep a copy of a file on a node, whatever else happens",
      response: { 200: PinSchema, ...refusals },
    },
    handler: async (request) => {
      const { id, node } = request.params;
      await deps.redundancy.pin(ownFile(request, id), node);
      return { warning: deps.pinWarning(node as NodeId) ?? null };
    },
  });
  routes.delete("/api/v1/files/:id/pins/:node", {
    onRequest: deps.requireUser,
    schema: {
      ...schema,
      operationId: "unpinFile",
      summary: "Let a file's copy on a node go like any other",
      response: { 204: NoContent("Done, or as it was already."), ...refusals },
    },
    handler: async (request, reply) => {
      await deps.redundancy.unpin(ownFile(request, request.params.id), request.params.node);
      return reply.code(204).send(null);
    },
  });
}

function ownFile(request: Pick<FastifyRequest, "raw">, id: string): OwnFile {
  return { fileId: id as FileId, ownerId: currentUser(request).userId };
}
