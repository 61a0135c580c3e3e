/** A part of an OpenAPI document, as far as types are made of it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

const DEPTH_MAX = 20;

/**
 * TypeScript types of an API's calls, by "METHOD /path": what each takes and answers.
 * @param document an OpenAPI document, of version 3.1
 */
export function apiTypes(document: ApiDocument): string {
  const calls = Object.entries(document.paths)
    .flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })))
    .filter(({ path }) => path.startsWith("/api/"))
    .map(({ path, method, operation }) => callType(document, `${method.toUpperCase()} ${path}`, operation))
    .toSorted();
  return `// Written by \`npm run docs\` from the API's own document; change the routes' schemas, not this file.\n\n/** What every call takes and answers. */\nexport interface ApiCalls {\n${calls.join("")}}\n`;
}

function callType(document: ApiDocument, name: string, { parameters = [], requestBody, responses }: Operation): string {
  const type = (schema: Schema | undefined) => (schema === undefined ? "unknown" : typeOf(document, schema, 0));
  const fields = (place: string) => {
    const found = parameters.filter((parameter) => parameter.in === place);
    return objectOf(found.map((each) => ({ ...each, type: type(each.schema) })));
  };
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([, { content }]) => (content === undefined ? "undefined" : type(content["application/json"]?.schema)));
  const body = requestBody === undefined ? "undefined" : type(requestBody.content?.["application/json"]?.schema);
  return (
    `  ${JSON.stringify(name)}: {\n    params: ${fields("path")};\n    query: ${fields("query")};\n` +
    `    body: ${body};\n    answer: ${[...new Set(answers)].join(" | ") || "undefined"};\n  };\n`
  );
}

function typeOf(document: ApiDocument, schema: Schema, depth: number): string {
  if (depth > DEPTH_MAX) return "unknown";
  const inner = (part: Schema) => typeOf(document, part, depth + 1);
  if (schema.$ref !== undefined) {
    const target = document.components?.schemas?.[schema.$ref.split("/").at(-1) ?? ""];
    return target === undefined ? "unknown" : inner(target);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(inner))].join(" | ");
  if (schema.allOf !== undefined) return schema.allOf.map(inner).join(" & ");
  const types = [schema.type ?? (schema.properties === undefined ? "unknown" : "object")].flat();
  return types.map((name) => namedType(name, schema, inner)).join(" | ");
}

function namedType(name: string, schema: Schema, inner: (part: Schema) => string): string {
  switch (name) {
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return name;
    case "array":
      return schema.items === undefined ? "readonly unknown[]" : `readonly (${inner(schema.items)})[]`;
    case "object":
      return objectType(schema, inner);
    default:
      return "unknown";
  }
}

function objectType(schema: Schema, inner: (part: Schema) => string): string {
  const { properties, required = [], additionalProperties, patternProperties } = schema;
  if (properties === undefined) {
    const values = Object.values(patternProperties ?? {})[0] ?? additionalProperties;
    return typeof values === "object"
      ? `Readonly<Record<string, ${inner(values)}>>`
      : "Readonly<Record<string, unknown>>";
  }
  return objectOf(
    Object.entries(properties).map(([name, part]) => ({ name, required: required.includes(name), type: inner(part) })),
  );
}

interface Field {
  readonly name: string;
  readonly required?: boolean;
  readonly type: string;
}

function objectOf(fields: readonly Field[]): string {
  if (fields.length === 0) return "Readonly<Record<never, never>>";
  const lines = fields.map(
    ({ name, required, type }) =>
      `readonly ${/^\w+$/.test(name) ? name : JSON.stringify(name)}${required === true ? "" : "?"}: ${type};`,
  );
  return `{ ${lines.join(" ")} }`;
}
