import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { accountTexts } from "../texts/account-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Moment } from "../ui/moment.tsx";

const texts = accountTexts.sessions;

/** Every login that is open, and the end of each. */
export function Sessions() {
  const { api, queries, session } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => api("GET /api/v1/auth/sessions", { signal }),
  });
  const end = useMutation({
    mutationFn: (id: string) => api("DELETE /api/v1/auth/sessions/{id}", { params: { id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
  const everywhere = useMutation({ mutationFn: () => session.signOutEverywhere() });
  const failure = error ?? end.error ?? everywhere.error;
  return (
    <section className="section">
      <h2>{texts.title}</h2>
      {failure === null ? null : <Failure error={failure} onRetry={() => void refetch()} />}
      <ul className="lines">
        {data?.items.map(({ id, is_current, began_at, renewed_at }) => (
          <li key={id}>
            <span>
              <strong>{is_current ? texts.here : texts.other}</strong>
              <span className="soft">
                {" "}
                · {texts.began} <Moment at={began_at} />, {texts.used} <Moment at={renewed_at} />
              </span>
            </span>
            {is_current ? null : (
              <Button className="button" onPress={() => end.mutate(id)}>
                {texts.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <div className="row">
        <Button className="button danger" isPending={everywhere.isPending} onPress={() => everywhere.mutate()}>
          {texts.everywhere}
        </Button>
        <span className="soft">{texts.hint}</span>
      </div>
    </section>
  );
}
