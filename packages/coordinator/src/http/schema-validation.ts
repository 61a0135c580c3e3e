import { AppError } from "@commonhold/core/app-error.ts";
import type { FastifyRouteSchemaDef, FastifyValidationResult } from "fastify/types/schema.js";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { Value } from "typebox/value";
import { describeSchema, describeValue, type SchemaNode } from "./schema-description.ts";

const PROBLEMS_MAX = 10;

const PART_NAMES: Readonly<Record<string, string>> = {
  body: "body",
  querystring: "query",
  query: "query",
  params: "address",
  headers: "header",
};

interface Problem {
  /** Where in the request: body, query, address (a path parameter) or header. */
  readonly in: string;
  /** Path of the field with dots; empty for the whole. */
  readonly field: string;
  readonly received: string;
  readonly expected: string;
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: object;
}

/**
 * Fastify's validator by TypeBox. A JSON body is taken as it is; what travels as text (query, path, headers) is
 * converted to the type that the schema asks for, and defaults are filled in. A missing body reads as `{}`, so that
 * the answer names the missing fields. It is compiled when it is needed first.
 */
export function compileValidator(definition: FastifyRouteSchemaDef<TSchema>): FastifyValidationResult {
  const { schema, httpPart = "body" } = definition;
  let validator: Validator | undefined;
  const part = PART_NAMES[httpPart] ?? httpPart;
  const readTexts = textReader(schema);
  const result = (value: unknown): true | { value: unknown } | { error: Error } => {
    const candidate = httpPart === "body" ? (value ?? {}) : readTexts(value ?? {});
    validator ??= Compile(schema);
    if (validator.Check(candidate)) {
      // Fastify would copy headers that are set anew whenever they are looked at.
      return httpPart === "headers" && candidate === value ? true : { value: candidate };
    }
    const faults = validator
      .Errors(candidate)
      .flatMap((error) => faultyPaths(error).map((path) => ({ part, path, isUnknown: isOfUnknownField(error) })));
    return { error: invalidRequest(part, describeProblems(faults, schema, candidate)) };
  };
  return result as FastifyValidationResult;
}

const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/;
const INTEGER = /^(0|-?[1-9]\d{0,14})$/;

/**
 * Fills in defaults, and reads numbers and truth values that came as text where the schema asks for them; what is
 * neither stays, to be refused.
 */
function textReader(schema: SchemaNode): (fields: unknown) => unknown {
  const properties = Object.entries(schema.properties ?? {});
  const typed = properties.filter(([, { type }]) => type === "integer" || type === "number" || type === "boolean");
  const hasDefaults = properties.some(([, property]) => "default" in property);
  // Most headers and addresses are texts, and their objects are large.
  if (schema.type === "object" && typed.length === 0 && !hasDefaults) return (fields) => fields;
  return (fields) => {
    const read: Record<string, unknown> = { ...(Value.Default(schema, fields) as Record<string, unknown>) };
    for (const [name, { type }] of typed) {
      const value = read[name];
      if (typeof value !== "string") continue;
      if (type === "integer" && INTEGER.test(value)) read[name] = Number(value);
      if (type === "number" && NUMBER.test(value)) read[name] = Number(value);
      if (type === "boolean" && (value === "true" || value === "false")) read[name] = value === "true";
    }
    return read;
  };
}

function invalidRequest(part: string, problems: readonly Problem[]): AppError {
  const first = problems[0];
  if (first === undefined) return new AppError("INVALID_REQUEST", `the ${part} does not fit this call`);
  const subject = first.field === "" ? `the ${part}` : `${part} field "${first.field}"`;
  return new AppError("INVALID_REQUEST", `${subject} is ${first.received}: give ${first.expected}`, {
    details: { ...first, ...(problems.length > 1 ? { problems } : {}) },
  });
}

interface Fault {
  readonly part: string;
  readonly path: readonly string[];
  readonly isUnknown: boolean;
}

function describeProblems(faults: readonly Fault[], schema: SchemaNode, value: unknown): readonly Problem[] {
  const problems = new Map<string, Problem>();
  for (const { part, path, isUnknown } of faults) {
    if (problems.size >= PROBLEMS_MAX) break;
    const field = path.join(".");
    problems.set(field, {
      in: part,
      field,
      received: describeValue(valueAt(value, path)),
      expected: isUnknown ? "nothing: this call has no such field" : describeSchema(schemaAt(schema, path)),
    });
  }
  return [...problems.values()];
}

/** TypeBox tells of each field that the schema does not have, and then of all of them under `additionalProperties`. */
function isOfUnknownField(error: SchemaError): boolean {
  return error.keyword === "boolean" && error.schemaPath.endsWith("/additionalProperties");
}

function faultyPaths(error: SchemaError): readonly (readonly string[])[] {
  if (error.keyword === "additionalProperties") return [];
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (error.keyword !== "required") return [path];
  const { requiredProperties = [] } = error.params as { readonly requiredProperties?: readonly string[] };
  return requiredProperties.map((property) => [...path, property]);
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function schemaAt(root: SchemaNode, path: readonly string[]): SchemaNode | undefined {
  let schema: SchemaNode | undefined = root;
  for (const step of path) {
    schema = schema?.properties?.[step] ?? schema?.items ?? Object.values(schema?.patternProperties ?? {})[0];
  }
  return schema;
}
