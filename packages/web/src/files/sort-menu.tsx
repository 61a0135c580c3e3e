import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import type { FileSort, SortColumn } from "./use-entries.ts";

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
    <MenuTrigger>
      <Button className="button sort-button" aria-label={`${sortBy}: ${columns[columnOf(sort)]}`}>
        {columns[columnOf(sort)]}
        <Icon name={sort.startsWith("-") ? "down" : "up"} size={16} />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="menu"
          aria-label={sortBy}
          selectionMode="single"
          selectedKeys={[columnOf(sort)]}
          onAction={(column) => onSort(nextSort(sort, column as SortColumn))}
        >
          {COLUMNS.map((column) => (
            <MenuItem key={column} id={column} className="menu-item">
              {columns[column]}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
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
