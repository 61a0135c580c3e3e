import { readFileSync, statSync } from "node:fs";
import { AppError } from "@commonhold/core/app-error.ts";
import { parse, TomlError } from "smol-toml";
import type { Static, TObject } from "typebox";
import { type ConfigKey, configKeys, environmentName, isSection, wordsOf } from "./config-key.ts";
import { ConfigProblems } from "./config-problems.ts";
import { toTomlKey, toTomlValue } from "./config-toml.ts";
import { checkValue, describeType, valueOfText } from "./config-value.ts";
import { errnoOf } from "./storage-error.ts";

export interface ConfigSources {
  /** Sections and keys that take the place of the schema's defaults: all else wins over them. */
  readonly defaults?: object;
  /** Path of a TOML file. */
  readonly file?: string;
  /** Whether the file may be missing; by default it must exist. */
  readonly fileOptional?: boolean;
  /** TOML itself, in place of a file. */
  readonly text?: string;
  readonly env: NodeJS.ProcessEnv;
  /** "COMMONHOLD_NODE_" */
  readonly envPrefix: string;
  /** Variables with the prefix that are not settings, whole names. */
  readonly envIgnored?: readonly string[];
  /** Sections and keys that win over all else, such as options of the command line; undefined is not set. */
  readonly overrides?: object;
}

/** A row of docs/configuration.md. */
export interface ConfigRow {
  readonly name: string;
  readonly env: string;
  /** What it takes, in words. */
  readonly type: string;
  /** As TOML; undefined where there is none. */
  readonly default: string | undefined;
  readonly description: string;
}

/**
 * Where a setting's value comes from. preset: what stands in place of the schema's default · file: TOML · option: what
 * wins over all else.
 */
export interface ConfigOrigin {
  readonly kind: "default" | "preset" | "file" | "environment" | "option";
  /** The file's path, or the variable. */
  readonly where?: string;
}

/** A setting as it is in force. */
export interface ExplainedSetting {
  readonly name: string;
  /** undefined where it may be missing, and is. */
  readonly value: unknown;
  readonly origin: ConfigOrigin;
  readonly description: string;
}

/** Where a value came from and what it is, by the setting's name. */
interface Given {
  readonly value: unknown;
  readonly source: string;
  readonly origin: ConfigOrigin;
}

const CONFIG_BYTES_MAX = 1024 * 1024;
const COMMENT_WIDTH = 100;

/**
 * A role's settings: the schema's defaults, then those given, then the TOML file or text, then the environment, then the
 * overrides.
 *
 * A variable is `<prefix><SECTION>_<KEY>`; an empty one counts as not set; lists are separated by commas, tables are
 * `name=text,…`, both may be JSON. Every wrong, unknown or missing setting is told in one message.
 * @throws AppError INVALID_CONFIG naming source, key, value and what would be right
 */
export function loadConfig<S extends TObject>(schema: S, sources: ConfigSources): Static<S> {
  return buildConfig(schema, [], readSettings(schema, sources).values) as Static<S>;
}

/**
 * Every setting that `loadConfig` gives for the same sources, and where it comes from.
 * @throws AppError as `loadConfig`
 */
export function explainConfig(schema: TObject, sources: ConfigSources): readonly ExplainedSetting[] {
  const { keys, given, values } = readSettings(schema, sources);
  return keys.map((key) => ({
    name: key.name,
    value: values.get(key.name),
    origin: given.get(key.name)?.origin ?? { kind: "default" },
    description: wordsOf(key.schema).description ?? "",
  }));
}

interface ReadSettings {
  readonly keys: readonly ConfigKey[];
  readonly given: ReadonlyMap<string, Given>;
  readonly values: ReadonlyMap<string, unknown>;
}

function readSettings(schema: TObject, sources: ConfigSources): ReadSettings {
  const keys = configKeys(schema);
  const problems = new ConfigProblems(keys);
  const given = new Map<string, Given>();
  if (sources.defaults !== undefined) {
    const origin = { kind: "preset" } as const;
    collectTable(sources.defaults, { schema, section: [], source: "the defaults", origin, given, problems });
  }
  const text = sources.text ?? readConfigFile(sources);
  if (text !== undefined) {
    const source = sources.text === undefined ? sources.file! : "the configuration";
    const origin: ConfigOrigin = { kind: "file", ...(sources.text === undefined && { where: source }) };
    collectTable(parseToml(text, source), { schema, section: [], source, origin, given, problems });
  }
  collectEnvironment(keys, { sources, given, problems });
  if (sources.overrides !== undefined) {
    const [source, origin] = ["the options", { kind: "option" }] as const;
    collectTable(sources.overrides, { schema, section: [], source, origin, given, problems });
  }
  const values = new Map<string, unknown>();
  for (const key of keys) settle(key, { given: given.get(key.name), sources, values, problems });
  problems.throwIfAny();
  return { keys, given, values };
}

/**
 * A TOML file with every setting explained. Those in `values` are set; the others stand there as comments with their
 * defaults, so that a file written once follows the program's defaults. `loadConfig` reads it back.
 */
export function renderConfigToml(schema: TObject, values: object = {}): string {
  const paragraphs: (readonly string[])[] = [];
  let section = "";
  for (const key of configKeys(schema)) {
    if (key.section.join(".") !== section) {
      section = key.section.join(".");
      paragraphs.push(sectionHead(schema, key.section));
    }
    paragraphs.push(settingLines(key, valueAt(values, key)));
  }
  return `${paragraphs.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Every setting for a document. */
export function describeConfig(schema: TObject, envPrefix = ""): readonly ConfigRow[] {
  return configKeys(schema).map((key) => {
    const { default: standard, description } = wordsOf(key.schema);
    return {
      name: key.name,
      env: environmentName(envPrefix, key),
      type: describeType(key.schema),
      default: standard === undefined ? undefined : toTomlValue(standard, key.schema),
      description: description ?? "",
    };
  });
}

function readConfigFile(sources: ConfigSources): string | undefined {
  const { file } = sources;
  if (file === undefined) return undefined;
  try {
    const { size } = statSync(file);
    if (size <= CONFIG_BYTES_MAX) return readFileSync(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && sources.fileOptional === true) return undefined;
    const reason = errnoOf(error) === "ENOENT" ? "there is no such file" : `it cannot be read (${errnoOf(error)})`;
    throw new AppError("INVALID_CONFIG", `No configuration from "${file}": ${reason}`, { cause: error });
  }
  throw new AppError("INVALID_CONFIG", `"${file}" is over 1 MiB: that is no configuration file`);
}

function parseToml(text: string, source: string): object {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "");
    const place = `line ${error.line}, column ${error.column}`;
    throw new AppError("INVALID_CONFIG", `${source} is no valid TOML (${place}): ${reason}`, { cause: error });
  }
}

interface TableContext {
  readonly schema: TObject;
  readonly section: readonly string[];
  readonly source: string;
  readonly origin: ConfigOrigin;
  readonly given: Map<string, Given>;
  readonly problems: ConfigProblems;
}

function collectTable(table: object, context: TableContext): void {
  const { schema, section, source, origin, given, problems } = context;
  for (const [key, value] of Object.entries(table)) {
    if (value === undefined) continue;
    const name = [...section, key].join(".");
    const child = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (child === undefined) {
      problems.unknownKey(name, section, source);
    } else if (!isSection(child)) {
      given.set(name, { value, source: `${name} in ${source}`, origin });
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      collectTable(value as object, { ...context, schema: child, section: [...section, key] });
    } else {
      problems.notASection(name, source);
    }
  }
}

interface EnvironmentContext {
  readonly sources: ConfigSources;
  readonly given: Map<string, Given>;
  readonly problems: ConfigProblems;
}

function collectEnvironment(keys: readonly ConfigKey[], { sources, given, problems }: EnvironmentContext): void {
  const { env, envPrefix, envIgnored = [] } = sources;
  const byVariable = new Map(keys.map((key) => [environmentName(envPrefix, key), key]));
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(envPrefix) || text === undefined || text === "" || envIgnored.includes(variable)) continue;
    const key = byVariable.get(variable);
    if (key !== undefined) {
      const origin = { kind: "environment", where: variable } as const;
      given.set(key.name, { value: valueOfText(key.schema, text), source: variable, origin });
    } else if (!isServiceLink(variable)) {
      problems.unknownVariable(variable, [...byVariable.keys()]);
    }
  }
}

/** Kubernetes sets such variables for every service, also for one that is named like a role. */
function isServiceLink(variable: string): boolean {
  return /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?$/.test(variable);
}

interface SettleContext {
  readonly given: Given | undefined;
  readonly sources: ConfigSources;
  readonly values: Map<string, unknown>;
  readonly problems: ConfigProblems;
}

function settle(key: ConfigKey, { given, sources, values, problems }: SettleContext): void {
  const standard = wordsOf(key.schema).default;
  if (given === undefined && standard === undefined) {
    if (!key.optional) problems.missing(key, environmentName(sources.envPrefix, key));
    return;
  }
  const checked = checkValue(key.schema, given === undefined ? standard : given.value);
  if (checked.kind === "right") values.set(key.name, checked.value);
  else problems.wrongValue(key, given?.source ?? `the default of ${key.name}`, given?.value ?? standard);
}

function buildConfig(
  schema: TObject,
  section: readonly string[],
  values: ReadonlyMap<string, unknown>,
): Record<string, unknown> {
  const built: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(schema.properties)) {
    const path = [...section, key];
    const name = path.join(".");
    if (isSection(child)) built[key] = buildConfig(child, path, values);
    else if (values.has(name)) built[key] = structuredClone(values.get(name));
  }
  return built;
}

function sectionHead(schema: TObject, section: readonly string[]): readonly string[] {
  let described = schema;
  for (const name of section) described = described.properties[name] as TObject;
  const { description } = wordsOf(described);
  return [`[${section.map(toTomlKey).join(".")}]`, ...(description === undefined ? [] : commentLines(description))];
}

function settingLines(key: ConfigKey, value: unknown): readonly string[] {
  const { description = "", default: standard, examples } = wordsOf(key.schema);
  const type = describeType(key.schema);
  const head = [...commentLines(description), ...commentLines(`Takes ${type}.`)];
  if (value !== undefined) return [...head, `${toTomlKey(key.key)} = ${toTomlValue(value, key.schema)}`];
  const shown = standard ?? examples?.[0];
  if (shown === undefined) return [...head, `# ${toTomlKey(key.key)} =`];
  return [...head, `# ${toTomlKey(key.key)} = ${toTomlValue(shown, key.schema)}`];
}

function valueAt(values: object, key: ConfigKey): unknown {
  let value: unknown = values;
  for (const name of [...key.section, key.key]) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Comments wrapped at words. */
function commentLines(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    if (line.length + 1 + word.length > COMMENT_WIDTH && line !== "#") {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return line === "#" ? lines : [...lines, line];
}
