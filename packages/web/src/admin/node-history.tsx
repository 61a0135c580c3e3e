import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import type { NodeObject } from "../nodes/use-nodes.ts";
import { adminNodesTexts } from "../texts/admin-texts.ts";
import { appTexts } from "../texts/app-texts.ts";
import { nodeStatusTexts } from "../texts/health-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Moment } from "../ui/moment.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface NodeHistoryProps {
  readonly node: Pick<NodeObject, "id" | "name">;
  readonly onClose: () => void;
}

const PAGE = 50;

/** How a node has stood, and why it changed. */
export function NodeHistory({ node, onClose }: NodeHistoryProps) {
  const { api } = useServices();
  const query = useInfiniteQuery({
    queryKey: ["node-events", node.id],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/nodes/{id}/events", {
        params: { id: node.id },
        query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const events = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Sheet title={adminNodesTexts.historyOf(node.name)} isOpen onClose={onClose}>
      {query.error === null ? null : <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && events.length === 0 ? <p className="soft">{adminNodesTexts.noHistory}</p> : null}
      <ol className="history">
        {events.map(({ at, from, to, why }) => (
          <li key={`${at} ${from} ${to}`}>
            <strong>{adminNodesTexts.step(wordOf(from), wordOf(to))}</strong>
            <span className="soft">
              <Moment at={at} />
            </span>
            {why === "" ? null : <span className="soft">{why}</span>}
          </li>
        ))}
      </ol>
      {query.hasNextPage ? (
        <Button className="button quiet" isDisabled={query.isFetching} onPress={() => void query.fetchNextPage()}>
          {appTexts.loadMore}
        </Button>
      ) : null}
    </Sheet>
  );
}

function wordOf(status: string): string {
  return (nodeStatusTexts as Readonly<Record<string, { readonly word: string }>>)[status]?.word ?? status;
}
