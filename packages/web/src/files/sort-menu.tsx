import { Button } from "react-aria-components/Button";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { MenuButton } from "../ui/menu-button.tsx";
import type { FileSort, SortColumn } from "./list-requests.ts";

interface SortProps {
  readonly sort: FileSort;
  readonly onSort: (sort: FileSort) => void;
}

const { columns, sortBy, ascending, descending } = filesTexts;
const COLUMNS = Object.keys(columns) as readonly SortColumn[];

function columnOf(sort: FileSort): SortColumn {
  return sort.replace("-", "") as SortColumn;
}

/** The same column again turns the order; another begins with what people look for first in it. */
export function nextSort(sort: FileSort, column: SortColumn): FileSort {
  if (columnOf(sort) !== column) return column === "name" ? "name" : `-${column}`;
  return sort.startsWith("-") ? column : `-${column}`;
}

/** For tiles and phones, which have no columns to press. */
export function SortMenu({ sort, onSort }: SortProps) {
  return (
    <MenuButton
      className="button sort-button"
      label={`${sortBy}: ${columns[columnOf(sort)]}`}
      button={
        <>
          {columns[columnOf(sort)]}
          <Icon name={sort.startsWith("-") ? "down" : "up"} size={16} />
        </>
      }
      placement="bottom end"
      menu={{
        "aria-label": sortBy,
        selectionMode: "single",
        selectedKeys: [columnOf(sort)],
        onAction: (column) => onSort(nextSort(sort, column as SortColumn)),
      }}
      items={COLUMNS.map((column) => ({ id: column, content: columns[column] }))}
    />
  );
}

/** Above the list: each column's name sorts by it. */
export function SortHeader({ sort, onSort }: SortProps) {
  return (
    <div className="file-head" role="group" aria-label={sortBy}>
      {COLUMNS.map((column) => {
        const isCurrent = columnOf(sort) === column;
        const order = sort.startsWith("-") ? descending : ascending;
        return (
          <Button
            key={column}
            className={`column column-${column}`}
            aria-label={isCurrent ? `${columns[column]}, ${order}` : columns[column]}
            onPress={() => onSort(nextSort(sort, column))}
          >
            {columns[column]}
            {isCurrent ? <Icon name={sort.startsWith("-") ? "down" : "up"} size={14} /> : null}
          </Button>
        );
      })}
    </div>
  );
}
