/** Rows as lines with aligned columns, two spaces apart: the left ones by `alignment` "l", numbers by "r". */
export function formatColumns(rows: readonly (readonly string[])[], alignment: string): string[] {
  const widths = Array.from(alignment, (_, column) => Math.max(0, ...rows.map((row) => textWidth(row[column] ?? ""))));
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        const spaces = " ".repeat(width - textWidth(cell));
        return alignment[column] === "r" ? `${spaces}${cell}` : `${cell}${spaces}`;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Signs that are seen: a colour has none. */
function textWidth(text: string): number {
  return Array.from(text.replaceAll(/\u001b\[[\d;]*m/g, "")).length;
}
