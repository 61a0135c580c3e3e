import { SerializerSelector } from "@fastify/fast-json-stringify-compiler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture } from "./api.fixture.ts";

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: object }[];
  readonly requestBody?: { readonly content: object };
}

interface Answered {
  readonly schema: object;
}

let api: ApiFixture;
let document: ReturnType<typeof JSON.parse>;
let operations: [string, Operation][];
beforeAll(async () => {
  api = await createApiFixture({ engine: "memory" });
  document = (await api.call("GET", "/openapi.json")).body;
  operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
});
afterAll(() => api.close());

describe("/openapi.json", () => {
  it("is OpenAPI 3.1 and names itself", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(document.info).toMatchObject({ title: "Commonhold", version: "0.0.0-test" });
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual([
      "accessToken",
      "nodeKey",
      "nodeKeyAsBearer",
    ]);
  });

  it("has schemas for answers by which each can be written", () => {
    const compile = SerializerSelector()();
    const schemas = operations.flatMap(([, { responses }]) =>
      Object.values(responses).flatMap(({ content = {} }) => Object.values(content as Record<string, Answered>)),
    );
    const written = schemas.map(({ schema }) => compile({ method: "", url: "", httpStatus: "", schema }));
    expect(written.length).toBeGreaterThan(100);
  });

  it("has every call", () => {
    expect(operations.map(([name]) => name).sort()).toEqual([
      "DELETE /api/v1/auth/sessions/{id}",
      "DELETE /api/v1/nodes/{id}",
      "DELETE /api/v1/nodes/{id}/ban",
      "GET /api/v1/admin/actions",
      "GET /api/v1/admin/settings",
      "GET /api/v1/admin/users",
      "GET /api/v1/auth/credits/purchases/{payment_id}",
      "GET /api/v1/auth/me",
      "GET /api/v1/auth/sessions",
      "GET /api/v1/balance",
      "GET /api/v1/credits",
      "GET /api/v1/credits/days",
      "GET /api/v1/credits/history",
      "GET /api/v1/events",
      "GET /api/v1/nodes",
      "GET /api/v1/nodes/{id}",
      "GET /api/v1/nodes/{id}/earnings",
      "GET /api/v1/nodes/{id}/events",
      "GET /api/v1/status",
      "GET /health",
      "GET /metrics",
      "GET /ready",
      "PATCH /api/v1/admin/users/{id}",
      "POST /api/v1/admin/users/{id}/credits",
      "POST /api/v1/auth/credits/purchase",
      "POST /api/v1/auth/login",
      "POST /api/v1/auth/logout",
      "POST /api/v1/auth/logout-everywhere",
      "POST /api/v1/auth/refresh",
      "POST /api/v1/auth/register",
      "POST /api/v1/nodes/heartbeat",
      "POST /api/v1/nodes/join-tokens",
      "POST /api/v1/nodes/register",
      "POST /api/v1/nodes/{id}/ban",
      "PUT /api/v1/auth/password",
    ]);
  });

  it("explains every call: summary, a known tag, success and errors", () => {
    const tags = new Set(document.tags.map((tag: { name: string }) => tag.name));
    for (const [name, operation] of operations) {
      expect(operation.summary, name).toBeTruthy();
      expect(operation.operationId, name).toBeTruthy();
      expect(operation.tags, name).toHaveLength(1);
      expect(tags, name).toContain(operation.tags?.[0]);
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.some((status) => /^2\d\d$/.test(status)),
        name,
      ).toBe(true);
      expect(
        statuses.some((status) => /^[45]\d\d$/.test(status)),
        name,
      ).toBe(true);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response.description, `${name} ${status}`).not.toBe("Default Response");
        if (status !== "204") expect(response.content, `${name} ${status}`).toBeDefined();
      }
    }
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("says of every call whether it needs an account or a node's key, as it does", async () => {
    for (const [name, operation] of operations) {
      const [method = "", path = ""] = name.split(" ");
      const answer = await api.call(method, path.replace("{id}", "x"), method === "POST" ? { body: {} } : {});
      const isRefused = answer.status === 401;
      expect(isRefused, name).toBe(operation.security !== undefined);
      if (isRefused) expect(operation.responses, name).toHaveProperty("401");
      for (const requirement of operation.security ?? []) {
        for (const scheme of Object.keys(requirement))
          expect(document.components.securitySchemes, name).toHaveProperty(scheme);
      }
    }
  });

  it("refers to nothing that is not in it", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = ""]) => target);
    for (const reference of references) {
      const steps = reference.replace(/^#\//, "").split("/");
      expect(
        steps.reduce((at, step) => at?.[step], document),
        reference,
      ).toBeDefined();
    }
  });

  it("declares every part of a path as a parameter", () => {
    for (const [name, operation] of operations) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, part]) => part);
      const declared = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === "path")
        .map(({ name: n }) => n);
      expect(declared.sort(), name).toEqual(inPath.sort());
    }
  });
});
