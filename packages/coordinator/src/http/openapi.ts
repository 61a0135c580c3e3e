import swagger, { type SwaggerTransform } from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { AppError } from "@commonhold/core/app-error.ts";
import type { onRequestHookHandler } from "fastify";
import type { Http } from "./http-server.ts";
import { TAGS } from "./route-schema.ts";
import { DOCS_CONTENT_SECURITY_POLICY } from "./security-headers.ts";

const DESCRIPTION = `The API of a Commonhold coordinator: a storage network that a community holds in common.

Sign in with \`POST /api/v1/auth/login\` and send the access token as \`Authorization: Bearer …\`. Names are in
snake_case, times are ISO 8601 in UTC, amounts of credits are decimal text beside whole micro-credits. Lists answer
\`{"items": […], "next_cursor": …}\`. Every error answers \`{"error": {"code", "message", "details", "request_id"}}\`;
codes are stable. A JSON body is read whatever its Content-Type.`;

const TAG_DESCRIPTIONS: Readonly<Record<string, string>> = {
  [TAGS.accounts]: "Sign up, sign in, stay signed in.",
  [TAGS.credits]: "What storing costs is paid in credits.",
  [TAGS.files]: "Files that are stored whole.",
  [TAGS.shares]: "Links by which files can be read without an account, and many files as one.",
  [TAGS.uploads]: "Files on their way in, chunk by chunk; an upload resumes after either side restarts.",
  [TAGS.nodes]: "The disks that people lend.",
  [TAGS.operations]: "Whether the coordinator is well.",
  [TAGS.administration]: "People, what was done to the network, and how it is set.",
};

/** A route for everything below an address is called `*` by the router; OpenAPI wants a name. */
const nameWildcard: SwaggerTransform = ({ schema, url }) => {
  const params = schema?.params as { readonly properties?: Readonly<Record<string, unknown>> } | undefined;
  const rest = params?.properties?.["*"];
  if (!url.endsWith("/*") || rest === undefined) return { schema, url };
  const { "*": _, ...others } = params?.properties ?? {};
  const named = { ...params, properties: { ...others, path: rest }, required: ["path"] };
  return { schema: { ...schema, params: named }, url: url.replace(/\*$/, ":path") };
};

/** Written anew for everybody who asks, it would take a quarter of a second of the whole process each time. */
const refuseYaml: onRequestHookHandler = ({ routeOptions }, _reply, done) => {
  const isYaml = routeOptions.url === "/docs/yaml";
  done(isYaml ? new AppError("NOT_FOUND", "the API's document is at /openapi.json, and nowhere as YAML") : undefined);
};

/** The document at /openapi.json, made from the routes' schemas, and the page at /docs that works without internet. */
export async function registerOpenApi(app: Http, options: { readonly version: string }): Promise<void> {
  await app.register(swagger, {
    transform: nameWildcard,
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Commonhold",
        version: options.version,
        description: DESCRIPTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags: Object.entries(TAG_DESCRIPTIONS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          accessToken: {
            type: "http",
            scheme: "bearer",
            bearerFormat: "JWT",
            description: "The access_token of a login.",
          },
          nodeKey: {
            type: "apiKey",
            in: "header",
            name: "x-api-key",
            description: "The api_key that a node got when it registered.",
          },
          nodeKeyAsBearer: { type: "http", scheme: "bearer", description: "A node's api_key as a bearer token." },
        },
      },
    },
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: DOCS_CONTENT_SECURITY_POLICY,
    theme: {
      title: "Commonhold",
      css: [{ filename: "commonhold.css", content: ".swagger-ui .topbar { display: none }" }],
    },
    uiConfig: { docExpansion: "list", tryItOutEnabled: true, displayRequestDuration: true },
    uiHooks: { onRequest: refuseYaml },
  });
  // One buffer for everybody, as it is large: whoever is slow to take it keeps no copy.
  let document: Buffer | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(app.swagger()));
    return reply.type("application/json; charset=utf-8").send(document);
  });
}
