/** The parts of JSON Schema that the routes use. */
export interface SchemaNode {
  readonly type?: string;
  readonly title?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** What a value must be, in words: "text of 3 to 254 characters". A schema's `title` wins over what it spells out. */
export function describeSchema(schema: SchemaNode | undefined): string {
  if (schema === undefined) return "something else";
  if (schema.title !== undefined) return schema.title;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(", ")}`;
  if (schema.anyOf !== undefined) return describeChoice(schema.anyOf);
  switch (schema.type) {
    case "string":
      return `text${describeRange(schema.minLength, schema.maxLength, " character")}${describePattern(schema)}`;
    case "integer":
      return `a whole number${describeLimits(schema)}`;
    case "number":
      return `a number${describeLimits(schema)}`;
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    case "array":
      return `a list${describeRange(schema.minItems, schema.maxItems, " item")}`;
    default:
      return "an object";
  }
}

/** The type of what came, in the same words; never the value itself, which may be a password. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "string") return value === "" ? "empty text" : `text of ${[...value].length} characters`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return "an object";
}

function describeChoice(choices: readonly SchemaNode[]): string {
  const constants = choices.every((choice) => choice.const !== undefined);
  const words = choices.map(describeSchema);
  return constants ? `one of ${words.join(", ")}` : words.join(" or ");
}

function describePattern(schema: SchemaNode): string {
  return schema.pattern === undefined ? "" : ` that matches ${schema.pattern}`;
}

function describeLimits({ minimum, maximum }: SchemaNode): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, at least ${minimum}`;
  return maximum === undefined ? "" : `, at most ${maximum}`;
}

function describeRange(min: number | undefined, max: number | undefined, unit: string): string {
  const counted = (count: number) => `${count}${unit}${count === 1 ? "" : "s"}`;
  if (min !== undefined && max !== undefined) return ` of ${min} to ${counted(max)}`;
  if (min !== undefined) return `, at least ${counted(min)}`;
  return max === undefined ? "" : `, at most ${counted(max)}`;
}
