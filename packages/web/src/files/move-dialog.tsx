import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Collection } from "react-aria-components/Collection";
import { type Key, Tree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import type { Api } from "../api/api.ts";
import { allPages } from "../api/all-pages.ts";
import { useServices } from "../app/services.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { filesTexts } from "../texts/files-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { Sheet } from "../ui/sheet.tsx";
import type { Entry, ListedFolder, Place } from "./entry.ts";

/** Of each question for folders. */
const PAGE = 500;
const ROOT = "root";

interface MoveDialogProps {
  readonly entries: readonly Entry[];
  readonly onMove: (place: Place) => void;
  readonly onClose: () => void;
}

interface Node {
  readonly id: string;
  readonly name: string;
  /** Undefined: not asked for yet. */
  readonly children: readonly Node[] | undefined;
}

/** Where to: a tree of all folders, of which only those that are opened are asked for. */
export function MoveDialog({ entries, onMove, onClose }: MoveDialogProps) {
  const { root, expanded, setExpanded, error, retry } = useFolderTree(new Set(entries.map(({ id }) => id)));
  const [chosen, setChosen] = useState<string>();
  const place = chosen === undefined ? undefined : placeOf(root, chosen);
  const { title, here, move } = filesTexts.moveDialog;
  const isHere = place !== undefined && entries.every(({ parentId }) => parentId === place.id);
  return (
    <Sheet title={title(entries.length, entries[0]?.name ?? "")} isOpen onClose={onClose}>
      {error === null ? null : <Failure error={error} onRetry={retry} />}
      <Tree
        className="folder-tree"
        aria-label={filesTexts.moveDialog.label}
        selectionMode="single"
        selectionBehavior="replace"
        escapeKeyBehavior="none"
        autoFocus="first"
        selectedKeys={chosen === undefined ? [] : [chosen]}
        onSelectionChange={(keys) => setChosen(keys === "all" ? undefined : keyText([...keys][0]))}
        expandedKeys={expanded}
        onExpandedChange={setExpanded}
        onAction={(key) => {
          const target = placeOf(root, String(key));
          if (target !== undefined) onMove(target);
        }}
      >
        {folderNode(root)}
      </Tree>
      <Button
        className="button strong wide"
        isDisabled={place === undefined || isHere}
        onPress={() => place !== undefined && onMove(place)}
      >
        {isHere ? here : move(place?.name)}
      </Button>
    </Sheet>
  );
}

function folderNode({ id, name, children }: Node) {
  return (
    <TreeItem key={id} id={id} textValue={name} className="folder-node">
      <TreeItemContent>
        {children?.length === 0 ? (
          <span className="folder-chevron" />
        ) : (
          <Button slot="chevron" className="folder-chevron">
            <Icon name="right" size={14} />
          </Button>
        )}
        <Icon name="files" />
        <span className="folder-name">{name}</span>
      </TreeItemContent>
      {children === undefined ? (
        // What may have folders in it can be opened; that is when they are asked for.
        <TreeItem id={`${id} waits`} textValue={appTexts.loading} className="folder-node" isDisabled>
          <TreeItemContent>
            <span className="folder-name soft">{appTexts.loading}</span>
          </TreeItemContent>
        </TreeItem>
      ) : (
        <Collection items={children}>{folderNode}</Collection>
      )}
    </TreeItem>
  );
}

function keyText(key: Key | undefined): string | undefined {
  return key === undefined ? undefined : String(key);
}

/** @param without what is moved: it cannot go into itself */
function useFolderTree(without: ReadonlySet<string>) {
  const { api } = useServices();
  const [expanded, setExpanded] = useState<Set<Key>>(new Set([ROOT]));
  const parents = [...expanded].map(String);
  const answers = useQueries({
    queries: parents.map((parent) => ({
      queryKey: ["folders", "tree", parent],
      queryFn: ({ signal }: { signal: AbortSignal }) => foldersIn(api, parent, signal),
    })),
  });
  const known = new Map(parents.map((parent, index) => [parent, answers[index]?.data]));
  const childrenOf = (parent: string): Node["children"] =>
    known
      .get(parent)
      ?.filter(({ id }) => !without.has(id))
      .map(({ id, name }) => ({ id, name, children: childrenOf(id) }));
  const root: Node = { id: ROOT, name: filesTexts.title, children: childrenOf(ROOT) };
  return {
    root,
    expanded,
    setExpanded,
    error: answers.find((answer) => answer.error !== null)?.error ?? null,
    retry: () => {
      for (const answer of answers) if (answer.error !== null) void answer.refetch();
    },
  };
}

function foldersIn(api: Api, parent: string, signal: AbortSignal): Promise<readonly ListedFolder[]> {
  return allPages((cursor) =>
    api("GET /api/v1/folders", { query: { parent, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }, signal }),
  );
}

function placeOf(node: Node, id: string): Place | undefined {
  if (node.id === id) return { id: id === ROOT ? null : id, name: node.name };
  for (const child of node.children ?? []) {
    const found = placeOf(child, id);
    if (found !== undefined) return found;
  }
  return undefined;
}
