import { ERROR_CODES } from "@commonhold/core/error-codes.ts";
import { type ConfigRow, describeConfig } from "@commonhold/runtime/config.ts";
import { CoordinatorConfigSchema } from "../packages/coordinator/src/config/coordinator-config.ts";
import { NodeConfigSchema } from "../packages/storage-node/src/config/node-config.ts";

type RoleSchema = Parameters<typeof describeConfig>[0];

interface Role {
  readonly title: string;
  readonly file: string;
  readonly envPrefix: string;
  readonly schema: RoleSchema;
}

const ROLES: readonly Role[] = [
  {
    title: "Coordinator",
    file: "coordinator.toml",
    envPrefix: "COMMONHOLD_COORDINATOR_",
    schema: CoordinatorConfigSchema,
  },
  { title: "Storage node", file: "node.toml", envPrefix: "COMMONHOLD_NODE_", schema: NodeConfigSchema },
];

const GENERATED = "<!-- Written by `npm run docs`; change the source, not this file. -->";

/** The documents made from the program itself: path from the project's folder, content. */
export function referenceDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/configuration.md", configurationDocument()],
    ["docs/errors.md", errorsDocument()],
  ]);
}

function configurationDocument(): string {
  const head = `# Configuration

${GENERATED}

Each role reads its defaults, then its TOML file, then the environment, then the options of its command; what comes
later wins. Every value is checked at the start: an unknown, wrong or missing one ends the start with a message that
names it and says what would be right.

The variable of a setting is written below it. A list is separated by commas, a table is \`name=text,…\`, both may be
JSON, and an empty variable counts as not set. Byte sizes are numbers or texts: \`"10GB"\` counts by 1000, \`"10GiB"\`
by 1024. Times are numbers; their unit is the end of their name.
`;
  return [head, ...ROLES.map(roleChapter)].join("\n");
}

function roleChapter(role: Role): string {
  const sections = Map.groupBy(describeConfig(role.schema, role.envPrefix), sectionOf);
  const chapters = [...sections].map(([section, rows]) => {
    const title = section === "" ? "" : `### \`[${section}]\`\n\n${descriptionOf(role.schema, section)}\n\n`;
    return `${title}${settingsTable(section, rows)}`;
  });
  return [`## ${role.title} (\`${role.file}\`)\n`, ...chapters].join("\n");
}

function settingsTable(section: string, rows: readonly ConfigRow[]): string {
  const lines = rows.map((row) => {
    const names = `\`${row.name.slice(section === "" ? 0 : section.length + 1)}\`<br>\`${row.env}\``;
    const standard = row.default === undefined ? "none" : `\`${row.default}\``;
    return `| ${names} | ${cell(standard)} | ${cell(row.type)} | ${cell(row.description)} |`;
  });
  return `| setting and variable | default | takes | meaning |\n|---|---|---|---|\n${lines.join("\n")}\n`;
}

/** What a section's own schema says about it. */
function descriptionOf(schema: RoleSchema, section: string): string {
  let described: unknown = schema;
  for (const name of section.split(".")) described = (described as RoleSchema).properties[name];
  return (described as { readonly description?: string }).description ?? "";
}

function sectionOf(row: ConfigRow): string {
  return row.name.includes(".") ? row.name.slice(0, row.name.lastIndexOf(".")) : "";
}

function errorsDocument(): string {
  const rows = Object.entries(ERROR_CODES)
    .toSorted(([a, { status: statusA }], [b, { status: statusB }]) => statusA - statusB || (a < b ? -1 : 1))
    .map(([code, { status, exitCode }]) => `| \`${code}\` | ${status} | ${exitCode} |`);
  return `# Errors

${GENERATED}

Over HTTP an error is \`{"error":{"code","message","details","request_id"}}\` with the status below; between peers it is
the same code and message; the command line prints the message and ends with the exit code below. Codes are stable, so
programs may branch on them. Messages are for people: they say what went wrong, with which value, and what to do.

| code | HTTP status | exit code |
|---|---|---|
${rows.join("\n")}
`;
}

/** A text fit for a cell of a Markdown table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}
