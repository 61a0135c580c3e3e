import { InfiniteQueryObserver, QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { loadNextPage } from "./next-page.ts";

/** Two pages of names, of which the first is known; the names may change. */
async function openList(names: { first: string; second: string }) {
  const queries = new QueryClient();
  let held: Promise<void> | undefined;
  const list = new InfiniteQueryObserver(queries, {
    queryKey: ["files"],
    queryFn: async ({ pageParam }) => {
      const wait = held;
      held = undefined;
      await wait;
      return pageParam === 0 ? names.first : names.second;
    },
    initialPageParam: 0,
    getNextPageParam: (_page, pages) => (pages.length < 2 ? pages.length : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  list.subscribe(() => undefined);
  await expect.poll(() => list.getCurrentResult().data?.pages).toEqual([names.first]);
  return {
    list,
    refreshSlowly: () => {
      held = new Promise(() => undefined);
      void queries.invalidateQueries();
    },
  };
}

it("shows what has changed though somebody scrolls on while it is asked for", async () => {
  const names = { first: "old", second: "more" };
  const { list, refreshSlowly } = await openList(names);
  names.first = "new";
  refreshSlowly();
  expect(list.getCurrentResult().isRefetching).toBe(true);
  await loadNextPage(list.getCurrentResult());
  expect(list.getCurrentResult().data?.pages).toEqual(["new", "more"]);
});

it("asks for no page twice, and for none after the last", async () => {
  const { list } = await openList({ first: "one", second: "two" });
  const first = list.getCurrentResult();
  const loading = loadNextPage(first);
  expect(list.getCurrentResult().isFetchingNextPage).toBe(true);
  await loadNextPage(list.getCurrentResult());
  await loading;
  await loadNextPage(list.getCurrentResult());
  expect(list.getCurrentResult().data?.pages).toEqual(["one", "two"]);
});
