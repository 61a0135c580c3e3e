import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";
import { accountTexts } from "../texts/account-texts.ts";
import { peopleTexts } from "../texts/admin-texts.ts";
import { appTexts } from "../texts/app-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";

export type Person = Answer<"GET /api/v1/admin/users">["items"][number];
export type Role = Person["role"];

const PAGE = 50;

export interface PeopleFilter {
  readonly startsWith: string;
  readonly role: Role | "all";
}

export function usePeople({ startsWith, role }: PeopleFilter) {
  const { api } = useServices();
  const query = useInfiniteQuery({
    queryKey: ["people", startsWith, role],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/admin/users", {
        query: {
          limit: PAGE,
          ...(startsWith === "" ? {} : { q: startsWith }),
          ...(role === "all" ? {} : { role }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const people = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  return { query, people };
}

type Rights = { readonly role: Role } | { readonly disabled: boolean };

/** Each change is done at once, and said with what takes it back. */
export function useRights() {
  const { api, queries, toasts } = useServices();
  const change = useMutation({
    mutationFn: ({ person: { id }, rights }: { readonly person: Person; readonly rights: Rights }) =>
      api("PATCH /api/v1/admin/users/{id}", { params: { id }, body: rights }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["admin-log"] });
      return queries.invalidateQueries({ queryKey: ["people"] });
    },
    onError: (error) => toasts.show(sentence(messageOf(error))),
  });
  const set = (person: Person, rights: Rights): void => {
    const before: Rights = "role" in rights ? { role: person.role } : { disabled: person.disabled_at !== null };
    const undo = () => change.mutate({ person, rights: before });
    change.mutate(
      { person, rights },
      { onSuccess: () => toasts.show(wordFor(person, rights), { label: appTexts.undo, run: undo }) },
    );
  };
  return { set, pending: change.isPending ? change.variables : undefined };
}

function wordFor({ email }: Person, rights: Rights): string {
  if ("role" in rights) return peopleTexts.roleSet(email, accountTexts.roles[rights.role]);
  return rights.disabled ? peopleTexts.disabled(email) : peopleTexts.enabled(email);
}
