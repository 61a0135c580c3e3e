import { AppError } from "@commonhold/core/app-error.ts";
import type { FileId, NodeId } from "@commonhold/core/ids.ts";
import { COPIES_MAX, PRIORITIES } from "@commonhold/core/priority.ts";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, NoContent, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { FileHealthReader } from "./file-health.ts";
import { FileParams } from "./file-params.ts";
import type { FileService } from "./file-service.ts";
import { FileViewSchema } from "./file-view.ts";
import type { RedundancyService } from "./redundancy-service.ts";
import { type OwnFile, showFile } from "./show-file.ts";

export interface RedundancyRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly redundancy: RedundancyService;
  /** What there is to know of a pin to this node, where it takes no copy now. */
  readonly pinWarning: (nodeId: NodeId) => string | undefined;
  readonly files: Pick<FileService, "get" | "replicas">;
  readonly health: FileHealthReader;
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

const RedundancyBody = Type.Object({
  priority: Type.Optional(
    Type.Enum([...PRIORITIES], {
      description:
        "How much the file matters: what is repaired first and evicted last, and in how many copies it is kept.",
    }),
  ),
  copies: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: COPIES_MAX,
      description: "Copies of every chunk, whatever the priority says.",
    }),
  ),
});

export function registerRedundancyRoutes(app: Http, deps: RedundancyRoutesDeps): void {
  const shared = { tags: [TAGS.files], security: BY_ACCESS_TOKEN };
  registerJsonRoutes(app, (routes) => {
    routes.patch("/api/v1/files/:id", {
      onRequest: deps.requireUser,
      schema: {
        ...shared,
        operationId: "changeFile",
        summary: "Change how safely a file is kept",
        params: FileParams,
        body: RedundancyBody,
        response: {
          200: FileViewSchema,
          ...errorAnswers(
            "INVALID_REQUEST",
            "UNAUTHENTICATED",
            "INSUFFICIENT_CREDITS",
            "FILE_NOT_FOUND",
            "NOT_ENOUGH_NODES",
          ),
        },
      },
      handler: async (request) => {
        const { priority, copies } = request.body;
        if (priority === undefined && copies === undefined) {
          throw new AppError("INVALID_REQUEST", "give priority or copies: nothing else of a file can be changed", {
            details: { in: "body" },
          });
        }
        const file = ownFile(request, request.params.id);
        await deps.redundancy.change(file, { priority, copies });
        return await showFile(deps, file);
      },
    });
    registerPins(routes, deps);
  });
}

function registerPins(routes: Http, deps: RedundancyRoutesDeps): void {
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
