import { filesTexts } from "../texts/files-texts.ts";
import { FolderLink } from "./breadcrumb.tsx";
import { pathOfAll } from "./use-folder-at.ts";

/** The folders in which something lies, from the root. */
export type Way = readonly { readonly id: string; readonly name: string }[];

/** The way to where something lies, as a link to there. */
export function EntryPlace({ way }: { readonly way: Way }) {
  return <FolderLink path={pathOfAll(way)}>{wordsOf(way)}</FolderLink>;
}

function wordsOf(way: Way): string {
  return [filesTexts.title, ...way.map(({ name }) => name)].join(" › ");
}
