/** What this needs of an infinite query. */
interface PagedList {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly isRefetching: boolean;
  fetchNextPage(): Promise<{ refetch(): Promise<unknown> }>;
}

/**
 * Asks for the page after the last. That breaks off a refresh of the pages that are here, and counts as one: what had
 * changed in them would be missing until the next change, so they are asked for anew afterwards.
 */
export async function loadNextPage(list: PagedList): Promise<void> {
  const { hasNextPage, isFetchingNextPage, isRefetching } = list;
  if (!hasNextPage || isFetchingNextPage) return;
  const after = await list.fetchNextPage();
  if (isRefetching) await after.refetch();
}
