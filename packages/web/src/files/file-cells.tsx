import type { ReactNode } from "react";
import { Bytes } from "../ui/bytes.tsx";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import type { Entry } from "./entry.ts";
import { iconOf } from "./file-kind.ts";

interface FileCellsProps {
  readonly entry: Entry;
  /** In place of its plain name. */
  readonly leaf?: ReactNode;
  /** In place of when it was added. */
  readonly when?: ReactNode;
  /** Beneath the name. */
  readonly place?: ReactNode;
}

/** What a list shows of a file or folder. */
export function FileCells({ entry, leaf, when, place }: FileCellsProps) {
  const at = entry.kind === "file" ? entry.file.completed_at : entry.folder.created_at;
  return (
    <>
      <span className="file-icon">
        <Icon name={entry.kind === "file" ? iconOf(entry.file) : "files"} />
      </span>
      <span className="file-name" title={entry.name}>
        {leaf ?? <span className="file-leaf">{entry.name}</span>}
        {place === undefined ? null : <span className="file-place">{place}</span>}
      </span>
      <span className="file-size">{entry.kind === "file" ? <Bytes count={entry.file.size_bytes} /> : null}</span>
      <span className="file-when">{when ?? <Moment at={at} />}</span>
    </>
  );
}
