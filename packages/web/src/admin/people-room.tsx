import { useDeferredValue, useState } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { accountTexts } from "../texts/account-texts.ts";
import { peopleTexts } from "../texts/admin-texts.ts";
import { appTexts } from "../texts/app-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Choice } from "../ui/choice.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { FindField } from "../ui/find-field.tsx";
import { Moment } from "../ui/moment.tsx";
import { useTitle } from "../ui/use-title.ts";
import { GrantDialog } from "./grant-dialog.tsx";
import { type PeopleFilter, type Person, type Role, usePeople, useRights } from "./use-people.ts";
import { DataTable } from "../ui/data-table.tsx";

const ROLES = Object.entries(accountTexts.roles) as readonly (readonly [Role, string])[];
const { columns } = peopleTexts;

/** Everybody who has an account, for administrators. */
export function PeopleRoom() {
  useTitle(peopleTexts.title);
  const [filter, setFilter] = useState<PeopleFilter>({ startsWith: "", role: "all" });
  const startsWith = useDeferredValue(filter.startsWith.trim());
  const { query, people } = usePeople({ ...filter, startsWith });
  const [given, setGiven] = useState<Person>();
  return (
    <div className="room">
      <h1>{peopleTexts.title}</h1>
      <div className="filters">
        <FindField
          label={peopleTexts.find}
          value={filter.startsWith}
          onChange={(text) => setFilter({ ...filter, startsWith: text })}
        />
        <Choice
          label={peopleTexts.role}
          value={filter.role}
          options={[["all", peopleTexts.everyRole], ...ROLES]}
          onChange={(role) => setFilter({ ...filter, role })}
        />
      </div>
      {query.error === null ? null : <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {people?.length === 0 ? <Empty icon="people" {...peopleTexts.none} /> : null}
      {people === undefined || people.length === 0 ? null : <PeopleTable people={people} onGive={setGiven} />}
      {query.hasNextPage ? (
        <Button className="button quiet" isDisabled={query.isFetching} onPress={() => void query.fetchNextPage()}>
          {appTexts.loadMore}
        </Button>
      ) : null}
      {given === undefined ? null : <GrantDialog person={given} onClose={() => setGiven(undefined)} />}
    </div>
  );
}

interface PeopleTableProps {
  readonly people: readonly Person[];
  readonly onGive: (person: Person) => void;
}

function PeopleTable({ people, onGive }: PeopleTableProps) {
  return (
    <DataTable
      caption={peopleTexts.title}
      look="stack people"
      columns={[
        { title: columns.who },
        { title: columns.role },
        { title: columns.stored, isAside: true },
        { title: columns.credits, isAside: true, isNumber: true },
        { title: columns.since, isAside: true },
        { title: columns.actions, isTitleHidden: true },
      ]}
    >
      {people.map((person) => (
        <PersonRow key={person.id} person={person} onGive={onGive} />
      ))}
    </DataTable>
  );
}

function PersonRow({ person, onGive }: { readonly person: Person; readonly onGive: (person: Person) => void }) {
  const isShut = person.disabled_at !== null;
  return (
    <tr>
      <th scope="row">
        {person.email}
        <span className="under soft">
          {person.name}
          {isShut ? <strong className="bad"> · {peopleTexts.shut}</strong> : null}
        </span>
      </th>
      <td>
        <RoleOf person={person} />
      </td>
      <td className="aside">
        <Bytes count={person.stored_bytes} />
        <span className="under soft">{peopleTexts.stored(person.stored_files)}</span>
      </td>
      <td className="aside number">{person.credits.available}</td>
      <td className="aside soft">
        <Moment at={person.created_at} />
      </td>
      <td className="actions">
        <Button
          className="button"
          aria-label={peopleTexts.of(peopleTexts.give, person.email)}
          onPress={() => onGive(person)}
        >
          {peopleTexts.give}
        </Button>
        <Shut person={person} />
      </td>
    </tr>
  );
}

/** Nobody can take back what they do to their own account, so here they cannot do it. */
function useIsMe(person: Person): boolean {
  return useServices().session.userId() === person.id;
}

function RoleOf({ person }: { readonly person: Person }) {
  const { set, pending } = useRights();
  if (useIsMe(person)) {
    return (
      <>
        {accountTexts.roles[person.role]}
        <span className="under soft">{peopleTexts.you}</span>
      </>
    );
  }
  const shown = pending !== undefined && "role" in pending.rights ? pending.rights.role : person.role;
  return (
    <span className="unlabelled">
      <Choice
        label={peopleTexts.roleOf(person.email)}
        value={shown}
        options={ROLES}
        onChange={(role) => role !== person.role && set(person, { role })}
      />
    </span>
  );
}

function Shut({ person }: { readonly person: Person }) {
  const { set, pending } = useRights();
  if (useIsMe(person)) return null;
  const isShut = person.disabled_at !== null;
  const word = isShut ? peopleTexts.enable : peopleTexts.disable;
  return (
    <Button
      className={isShut ? "button" : "button danger"}
      aria-label={peopleTexts.of(word, person.email)}
      isDisabled={pending !== undefined}
      onPress={() => set(person, { disabled: !isShut })}
    >
      {word}
    </Button>
  );
}
