import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { accountTexts } from "../texts/account-texts.ts";
import { appTexts } from "../texts/app-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Figure } from "../ui/figure.tsx";
import { Moment } from "../ui/moment.tsx";
import { Charges } from "./charges.tsx";
import { DataTable } from "../ui/data-table.tsx";

const AMOUNTS_USD = [5, 10, 25] as const;
const PAGE = 20;
const texts = accountTexts.credits;

/** What a person has, what storing costs, and what came and went. */
export function Credits() {
  const { api } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: ["credits", "standing"],
    queryFn: ({ signal }) => api("GET /api/v1/credits", { signal }),
  });
  return (
    <section className="section">
      <h2>{texts.title}</h2>
      <p className="soft">{texts.lead}</p>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined || data.notice === null ? null : (
        <p className={data.state === "low" ? "notice" : "notice urgent"}>{data.notice}</p>
      )}
      {data === undefined ? null : (
        <dl className="figures">
          <Figure name={texts.available}>{data.available}</Figure>
          <Figure name={texts.reserved}>{data.reserved}</Figure>
          {data.prepaid === "0" ? null : <Figure name={texts.prepaid}>{data.prepaid}</Figure>}
          {data.debt === "0" ? null : <Figure name={texts.debt}>{data.debt}</Figure>}
          {data.lasts_until === null ? null : (
            <Figure name={texts.lasts}>
              <Moment at={data.lasts_until} />
            </Figure>
          )}
        </dl>
      )}
      <Buy perUsd={data?.credits_per_usd} />
      {data === undefined ? null : <Charges days={data.days} />}
      <History />
    </section>
  );
}

function Buy({ perUsd }: { readonly perUsd: number | undefined }) {
  const { api, queries } = useServices();
  const buy = useMutation({
    mutationFn: (amount_usd: number) => api("POST /api/v1/auth/credits/purchase", { body: { amount_usd } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["me"] });
      await queries.invalidateQueries({ queryKey: ["credits"] });
    },
  });
  const { data } = buy;
  return (
    <>
      <div className="row" role="group" aria-label={texts.buy}>
        <span>{texts.buy}</span>
        {AMOUNTS_USD.map((usd) => (
          <Button key={usd} className="button" isDisabled={buy.isPending} onPress={() => buy.mutate(usd)}>
            {texts.amount(usd, perUsd)}
          </Button>
        ))}
      </div>
      {buy.error === null ? null : <Failure error={buy.error} />}
      <div role="status">
        {data?.status === "completed" ? <p>{texts.bought(data.credits)}</p> : null}
        {data?.checkout_url === undefined ? null : (
          <a className="link" href={data.checkout_url} rel="noreferrer">
            {texts.pay}
          </a>
        )}
      </div>
    </>
  );
}

function History() {
  const { api } = useServices();
  const query = useInfiniteQuery({
    queryKey: ["credits", "history"],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/credits/history", {
        query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const movements = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isSuccess && movements.length === 0) return <p className="soft">{texts.none}</p>;
  return (
    <>
      <h3>{texts.history}</h3>
      <DataTable
        caption={texts.history}
        columns={[
          { title: texts.columns.what },
          { title: texts.columns.when },
          { title: texts.columns.amount, isNumber: true },
        ]}
      >
        {movements.map((movement) => (
          <tr key={movement.id}>
            <th scope="row">{movement.description}</th>
            <td className="soft">
              <Moment at={movement.created_at} />
            </td>
            <td className="number">{movement.amount.replace("-", "−")}</td>
          </tr>
        ))}
      </DataTable>
      {query.hasNextPage ? (
        <Button className="button quiet" isDisabled={query.isFetching} onPress={() => void query.fetchNextPage()}>
          {appTexts.loadMore}
        </Button>
      ) : null}
    </>
  );
}
