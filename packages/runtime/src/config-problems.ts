import { AppError } from "@commonhold/core/app-error.ts";
import type { ConfigKey } from "./config-key.ts";
import { describeType } from "./config-value.ts";
import { nearestName } from "./nearest-name.ts";
import { isSecretName } from "./secret-name.ts";

const PROBLEMS_SHOWN_MAX = 20;
const VALUE_LENGTH_MAX = 80;

/** Gathers what is wrong with a configuration, so that a person mends it in one go. */
export class ConfigProblems {
  readonly #keys: readonly ConfigKey[];
  readonly #problems: string[] = [];

  constructor(keys: readonly ConfigKey[]) {
    this.#keys = keys;
  }

  unknownKey(name: string, section: readonly string[], source: string): void {
    const advice = this.#meant(name) ?? this.#settingsOf(section);
    this.#problems.push(`${name} in ${source} is no setting: ${advice}`);
  }

  unknownVariable(variable: string, known: readonly string[]): void {
    const meant = nearestName(variable, known);
    const advice = meant === undefined ? "unset it, or see the documented variables" : `did you mean ${meant}?`;
    this.#problems.push(`the environment's ${variable} stands for no setting: ${advice}`);
  }

  notASection(name: string, source: string): void {
    const example = this.#keys.find((key) => key.name.startsWith(`${name}.`))?.key ?? "key";
    this.#problems.push(
      `${name} in ${source} is a section: write its settings below a line [${name}], as ${example} = …`,
    );
  }

  missing(key: ConfigKey, variable: string): void {
    this.#problems.push(`${key.name} is not set: give ${describeType(key.schema)}, in the file or as ${variable}`);
  }

  wrongValue(key: ConfigKey, source: string, value: unknown): void {
    this.#problems.push(`${source} is ${shown(key.key, value)}: it must be ${describeType(key.schema)}`);
  }

  throwIfAny(): void {
    const count = this.#problems.length;
    if (count === 0) return;
    const listed = this.#problems.slice(0, PROBLEMS_SHOWN_MAX);
    if (count > listed.length) listed.push(`and ${count - listed.length} more`);
    const message = count === 1 ? listed[0]! : `The configuration has ${count} mistakes:\n- ${listed.join("\n- ")}`;
    throw new AppError("INVALID_CONFIG", message, { details: { problems: listed } });
  }

  /** A right key in the wrong section is found by its last part, a mistyped one by its letters. */
  #meant(name: string): string | undefined {
    const last = name.slice(name.lastIndexOf(".") + 1);
    const elsewhere = this.#keys.filter((key) => key.key === last).map((key) => key.name);
    const names = this.#keys.map((key) => key.name);
    const sections = [...new Set(this.#keys.flatMap((key) => (key.section.length > 0 ? [key.section.join(".")] : [])))];
    const meant = elsewhere[0] ?? nearestName(name, names) ?? nearestName(name, sections);
    return meant === undefined ? undefined : `did you mean ${meant}?`;
  }

  #settingsOf(section: readonly string[]): string {
    const path = section.join(".");
    const children = this.#keys
      .filter((key) => path === "" || key.name.startsWith(`${path}.`))
      .map((key) => (path === "" ? key.name : key.name.slice(path.length + 1)).split(".")[0]!);
    const where = path === "" ? "the settings and sections are" : `[${path}] has`;
    return `${where} ${[...new Set(children)].join(", ")}`;
  }
}

function shown(key: string, value: unknown): string {
  if (isSecretName(key)) return "wrong (its value is not shown)";
  const text = typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}
