import type { TObject, TSchema } from "typebox";

/** The words of a schema that a configuration uses. */
export interface ConfigSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
}

/** One setting, a leaf of the configuration's schema. */
export interface ConfigKey {
  /** "storage.max_bytes" */
  readonly name: string;
  readonly section: readonly string[];
  readonly key: string;
  readonly schema: TSchema;
  /** False: it has no default, and the program cannot do without it. */
  readonly optional: boolean;
}

export function wordsOf(schema: TSchema): ConfigSchema {
  return schema;
}

/** The settings below a section's schema, those of the section itself before those of its subsections. */
export function configKeys(schema: TObject, section: readonly string[] = []): readonly ConfigKey[] {
  const own: ConfigKey[] = [];
  const nested: ConfigKey[] = [];
  for (const [key, value] of Object.entries(schema.properties)) {
    if (isSection(value)) {
      nested.push(...configKeys(value, [...section, key]));
    } else {
      const optional = "~optional" in value || "default" in value;
      own.push({ name: [...section, key].join("."), section, key, schema: value, optional });
    }
  }
  return [...own, ...nested];
}

/** Whether a schema is a section (named keys of its own) rather than a setting. */
export function isSection(schema: TSchema): schema is TObject {
  return wordsOf(schema).type === "object" && wordsOf(schema).properties !== undefined;
}

/** The environment variable of a setting: COMMONHOLD_NODE_STORAGE_MAX_BYTES. */
export function environmentName(envPrefix: string, key: ConfigKey): string {
  return envPrefix + key.name.replaceAll(/[^A-Za-z0-9]/g, "_").toUpperCase();
}
