import { useMutation } from "@tanstack/react-query";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";

export type Jobs = Answer<"GET /api/v1/jobs">;
export type Job = Jobs["items"][number];
export type JobAction = "run" | "pause" | "resume";

/** Runs, pauses and resumes jobs; what the coordinator answers is shown at once. */
export function useJobActions() {
  const { api, queries } = useServices();
  return useMutation({
    mutationFn: ({ name, action }: { readonly name: string; readonly action: JobAction }) =>
      api(`POST /api/v1/jobs/{name}/${action}`, { params: { name } }),
    onSuccess: (job) => {
      queries.setQueryData<Jobs>(["jobs"], (before) =>
        before === undefined ? before : { items: before.items.map((each) => (each.name === job.name ? job : each)) },
      );
      void queries.invalidateQueries({ queryKey: ["repair"] });
    },
  });
}
