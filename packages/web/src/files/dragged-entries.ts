import type { DropItem } from "react-aria-components/useDragAndDrop";

/** What entries of the lists are called while they are dragged; files from elsewhere are not so. */
export const ENTRY_TYPE = "application/x-commonhold-entry";

/** The ids of what was dropped. */
export async function droppedIds(items: readonly DropItem[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const item of items) {
    if (item.kind === "text" && item.types.has(ENTRY_TYPE)) ids.push(await item.getText(ENTRY_TYPE));
  }
  return ids;
}
