import { type ReactNode, useRef } from "react";
import { useDrop } from "react-aria-components/useDrop";
import { filesTexts } from "../texts/files-texts.ts";
import { droppedIds, ENTRY_TYPE } from "./dragged-entries.ts";

interface DropCrumbProps {
  readonly name: string;
  readonly onMove: (ids: readonly string[]) => void;
  readonly children: ReactNode;
}

/** A folder of the way up, onto which things are dropped. */
export function DropCrumb({ name, onMove, children }: DropCrumbProps) {
  const ref = useRef<HTMLSpanElement>(null);
  const { dropProps, isDropTarget } = useDrop({
    ref,
    getDropOperation: (types) => (types.has(ENTRY_TYPE) ? "move" : "cancel"),
    onDrop: ({ items }) => void droppedIds(items).then(onMove),
  });
  return (
    <span
      {...dropProps}
      ref={ref}
      className={isDropTarget ? "drop-crumb over" : "drop-crumb"}
      role="group"
      aria-label={filesTexts.moveTo(name)}
    >
      {children}
    </span>
  );
}
