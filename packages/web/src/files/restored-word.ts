import { filesTexts } from "../texts/files-texts.ts";
import type { Entry } from "./entry.ts";
import { pathOfAll } from "./use-folder-at.ts";

/** Something that was brought back. */
export interface Restored {
  readonly entry: Pick<Entry, "parentId">;
  /** The folders in which it lies now, from the root. */
  readonly way: readonly { readonly id: string; readonly name: string }[];
}

export interface RestoredWord {
  readonly text: string;
  /** The address of the folder in which all of it lies; undefined where there is no such. */
  readonly path: string | undefined;
}

/** Where it went; nothing of it came back where it is empty. */
export function restoredWord(restored: readonly Restored[]): RestoredWord {
  const { restored: texts } = filesTexts;
  const isAstray = restored.some(({ entry, way }) => entry.parentId !== null && way.length === 0);
  const paths = new Set(restored.map(({ way }) => pathOfAll(way)));
  const [first] = restored;
  if (first === undefined || paths.size > 1) return { text: texts.toEach(restored.length, isAstray), path: undefined };
  const place = first.way.at(-1)?.name ?? filesTexts.title;
  return {
    text: isAstray ? texts.astray(restored.length, place) : texts.to(restored.length, place),
    path: pathOfAll(first.way),
  };
}
