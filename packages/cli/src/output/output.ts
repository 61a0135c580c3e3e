import { printable, printableJson, printableLine } from "./printable.ts";

export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Where a command's words go: results to stdout, everything else to stderr. What a terminal would obey is made harmless. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** A line of the result. */
  line(text: string): void;
  /** The whole result, for programs. */
  document(value: unknown): void;
  /** A word for people, on stderr; silent with --quiet and --json. */
  note(text: string): void;
}

export interface OutputStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export function createOutput(streams: OutputStreams, flags: OutputFlags): Output {
  const { json = false, quiet = false, verbose = false } = flags;
  return {
    json,
    quiet,
    verbose,
    line: (text) => streams.stdout.write(`${printableLine(text)}\n`),
    document: (value) => streams.stdout.write(`${printableJson(JSON.stringify(value, null, 2))}\n`),
    note: (text) => {
      if (!quiet && !json) streams.stderr.write(`${printableLine(text)}\n`);
    },
  };
}

export interface TableColumn<Row> {
  readonly title: string;
  readonly align?: "left" | "right";
  readonly value: (row: Row) => string;
}

/** Rows under their titles, columns two spaces apart; the last is as long as it likes. */
export function formatTable<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string[] {
  const cells = [columns.map((column) => column.title), ...rows.map((row) => cellsOf(columns, row))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => [...(line[index] ?? "")].length)));
  return cells.map((line) =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? "left"))
      .join("  ")
      .trimEnd(),
  );
}

/** Names before values, the values below each other. */
export function formatFacts(facts: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`);
}

function cellsOf<Row>(columns: readonly TableColumn<Row>[], row: Row): string[] {
  return columns.map((column) => printable(column.value(row)));
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const spaces = " ".repeat(Math.max(0, width - [...text].length));
  return align === "left" ? `${text}${spaces}` : `${spaces}${text}`;
}
