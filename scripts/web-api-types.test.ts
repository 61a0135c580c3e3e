import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { apiTypes } from "./api-types.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";
import { WEB_API_TYPES, webApiTypes } from "./web-api-types.ts";

it("the web app's types of the API are in step with the API (mend: npm run docs)", async () => {
  expect(readFileSync(join(PROJECT_FOLDER, WEB_API_TYPES), "utf8")).toBe(await webApiTypes());
});

it("types say what a document says", () => {
  const schema = {
    type: "object",
    required: ["id", "kind"],
    properties: {
      id: { type: "string" },
      kind: { enum: ["a", "b"] },
      "odd-name": { type: ["integer", "null"] },
      list: { type: "array", items: { anyOf: [{ type: "string" }, { const: 5 }] } },
      map: { type: "object", patternProperties: { "^.*$": { type: "boolean" } } },
      other: { $ref: "#/components/schemas/Other" },
    },
  } as const;
  const types = apiTypes({
    components: { schemas: { Other: { type: "null" } } },
    paths: {
      "/health": { get: { responses: {} } },
      "/api/v1/things/{id}": {
        put: {
          parameters: [
            { name: "id", in: "path", required: true, schema: { type: "string" } },
            { name: "sort", in: "query", schema: { type: "boolean" } },
          ],
          requestBody: { content: { "application/json": { schema: { type: "object" } } } },
          responses: { "200": { content: { "application/json": { schema } } }, "204": {}, "400": {} },
        },
      },
    },
  });
  expect(types).toContain(`  "PUT /api/v1/things/{id}": {
    params: { readonly id: string; };
    query: { readonly sort?: boolean; };
    body: Readonly<Record<string, unknown>>;
    answer: { readonly id: string; readonly kind: "a" | "b"; readonly "odd-name"?: number | null; readonly list?: readonly (string | 5)[]; readonly map?: Readonly<Record<string, boolean>>; readonly other?: null; } | undefined;
  };
`);
  expect(types).not.toContain("health");
});
