import { useMutation, useQuery } from "@tanstack/react-query";
import { allPages } from "../api/all-pages.ts";
import { useServices } from "../app/services.tsx";
import { sharesTexts } from "../texts/shares-texts.ts";
import type { Share, ShareBody } from "./share-terms.ts";

const PAGE = 200;

/** Links, the newest first. @param fileId only to this file */
export function useShares(fileId?: string) {
  const { api } = useServices();
  return useQuery({
    queryKey: ["shares", fileId ?? "all"],
    queryFn: ({ signal }) =>
      allPages((cursor) =>
        api("GET /api/v1/shares", {
          query: {
            limit: PAGE,
            ...(fileId === undefined ? {} : { file: fileId }),
            ...(cursor === undefined ? {} : { cursor }),
          },
          signal,
        }),
      ),
  });
}

export function useMakeShare(fileId: string) {
  const { api, queries } = useServices();
  return useMutation({
    mutationFn: (body: ShareBody) => api("POST /api/v1/files/{id}/shares", { params: { id: fileId }, body }),
    onSuccess: (share) => {
      queries.setQueryData<readonly Share[]>(["shares", fileId], (before) => [share, ...(before ?? [])]);
      return queries.invalidateQueries({ queryKey: ["shares"] });
    },
  });
}

/** It stops at once. There is no way back: its token is gone with it. */
export function useRevokeShare() {
  const { api, queries, toasts } = useServices();
  return useMutation({
    mutationFn: (share: Share) => api("DELETE /api/v1/shares/{id}", { params: { id: share.id } }),
    onSuccess: (_nothing, share) => {
      queries.setQueriesData<readonly Share[]>({ queryKey: ["shares"] }, (before) =>
        before?.filter((each) => each.id !== share.id),
      );
      toasts.show(sharesTexts.revoked);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["shares"] }),
  });
}
