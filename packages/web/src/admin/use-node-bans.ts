import { useMutation } from "@tanstack/react-query";
import { useServices } from "../app/services.tsx";
import type { NodeObject } from "../nodes/use-nodes.ts";
import { adminNodesTexts } from "../texts/admin-texts.ts";
import { appTexts } from "../texts/app-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";

type Named = Pick<NodeObject, "id" | "name">;

/** Cuts nodes off and lets them in again, with a word that takes it back. */
export function useNodeBans() {
  const { api, queries, toasts } = useServices();
  const change = useMutation({
    mutationFn: ({ node: { id }, isBan }: { readonly node: Named; readonly isBan: boolean }) =>
      isBan
        ? api("POST /api/v1/nodes/{id}/ban", { params: { id }, idempotent: true })
        : api("DELETE /api/v1/nodes/{id}/ban", { params: { id } }),
    onSuccess: (changed) => {
      queries.setQueryData<readonly NodeObject[]>(["nodes"], (before) =>
        before?.map((each) => (each.id === changed.id ? changed : each)),
      );
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["admin-log"] });
      void queries.invalidateQueries({ queryKey: ["node-events"] });
      return queries.invalidateQueries({ queryKey: ["nodes"] });
    },
    onError: (error) => toasts.show(sentence(messageOf(error))),
  });
  return (node: Named, isBan: boolean): void => {
    const word = isBan ? adminNodesTexts.banned(node.name) : adminNodesTexts.unbanned(node.name);
    const undo = () => change.mutate({ node, isBan: !isBan });
    change.mutate({ node, isBan }, { onSuccess: () => toasts.show(word, { label: appTexts.undo, run: undo }) });
  };
}
