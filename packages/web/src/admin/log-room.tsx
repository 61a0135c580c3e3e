import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";
import { accountTexts } from "../texts/account-texts.ts";
import { logTexts } from "../texts/admin-texts.ts";
import { appTexts } from "../texts/app-texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { Moment } from "../ui/moment.tsx";
import { useTitle } from "../ui/use-title.ts";
import { DataTable } from "../ui/data-table.tsx";

type Action = Answer<"GET /api/v1/admin/actions">["items"][number];

const PAGE = 50;
const { columns } = logTexts;

/** What was done to the network and its people by hand, for administrators. */
export function LogRoom() {
  useTitle(logTexts.title);
  const { api } = useServices();
  const query = useInfiniteQuery({
    queryKey: ["admin-log"],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/admin/actions", {
        query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const actions = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="room">
      <h1>{logTexts.title}</h1>
      <p className="soft">{logTexts.lead}</p>
      {query.error === null ? null : <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && actions.length === 0 ? <Empty icon="text" {...logTexts.none} /> : null}
      {actions.length === 0 ? null : <ActionsTable actions={actions} />}
      {query.hasNextPage ? (
        <Button className="button quiet" isDisabled={query.isFetching} onPress={() => void query.fetchNextPage()}>
          {appTexts.loadMore}
        </Button>
      ) : null}
    </div>
  );
}

function ActionsTable({ actions }: { readonly actions: readonly Action[] }) {
  return (
    <DataTable
      caption={logTexts.title}
      look="stack"
      columns={[{ title: columns.what }, { title: columns.who }, { title: columns.at }]}
    >
      {actions.map((action) => (
        <tr key={action.id}>
          <th scope="row" title={action.action}>
            {whatOf(action)}
            <span className="under soft">{detailsOf(action)}</span>
          </th>
          <td className="soft">{nameOf(action.actor)}</td>
          <td className="soft">
            <Moment at={action.at} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function whatOf({ action, subject }: Action): string {
  const name = nameOf(subject);
  return logTexts.actions[action]?.(name) ?? logTexts.other(action, name);
}

function nameOf({ kind, id, name }: Action["actor"] | Action["subject"]): string {
  if (kind === "network") return logTexts.network;
  return name ?? (kind === "job" ? id : logTexts.unknown(kind));
}

function detailsOf({ details }: Action): string {
  return Object.entries(details)
    .map(([key, value]) => detailOf(key, String(value)))
    .join(" · ");
}

const MICROCREDITS = /_microcredits$/;

function detailOf(key: string, value: string): string {
  const name = key.replace(MICROCREDITS, "").replaceAll("_", " ");
  if (MICROCREDITS.test(key)) return `${name}: ${logTexts.credits(Number(value) / 1e6)}`;
  return `${name}: ${(accountTexts.roles as Readonly<Record<string, string>>)[value] ?? value}`;
}
