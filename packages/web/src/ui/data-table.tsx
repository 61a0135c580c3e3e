import type { ReactNode } from "react";

export interface Column {
  readonly title: string;
  /** Left out where there is little room. */
  readonly isAside?: true;
  /** Figures, which stand under one another. */
  readonly isNumber?: true;
  /** Its title is for those who hear the page. */
  readonly isTitleHidden?: true;
}

interface DataTableProps {
  /** What it shows, for those who hear the page. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** Further classes. */
  readonly look?: string;
  /** Its rows. */
  readonly children: ReactNode;
}

export function DataTable({ caption, columns, look, children }: DataTableProps) {
  return (
    <table className={look === undefined ? "table" : `table ${look}`}>
      <caption className="hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" className={classOf(column)}>
              {column.isTitleHidden === true ? <span className="hidden">{column.title}</span> : column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

function classOf({ isAside, isNumber }: Column): string | undefined {
  const classes = [isAside && "aside", isNumber && "number"].filter(Boolean);
  return classes.length === 0 ? undefined : classes.join(" ");
}
