import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { useMe, useServices } from "../app/services.tsx";
import { accountTexts } from "../texts/account-texts.ts";
import { Failure, messageOf, sentence } from "../ui/failure.tsx";
import { Moment } from "../ui/moment.tsx";
import { useTitle } from "../ui/use-title.ts";
import { Credits } from "./credits.tsx";
import { PasswordDialog } from "./password-dialog.tsx";
import { Sessions } from "./sessions.tsx";

/** Who one is here, what one has, and where one is signed in. */
export function AccountRoom() {
  useTitle(accountTexts.title);
  const { session, toasts } = useServices();
  const [isChanging, setChanging] = useState(false);
  const { data: me, error, refetch } = useMe();
  const signOut = () => void session.signOut().catch((failure: unknown) => toasts.show(sentence(messageOf(failure))));
  return (
    <div className="room narrow">
      <h1>{accountTexts.title}</h1>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {me === undefined ? null : (
        <section className="section">
          <dl className="facts wide">
            <dt>{accountTexts.name}</dt>
            <dd>{me.name}</dd>
            <dt>{accountTexts.email}</dt>
            <dd>{me.email}</dd>
            <dt>{accountTexts.role}</dt>
            <dd>{accountTexts.roles[me.role]}</dd>
            <dt>{accountTexts.since}</dt>
            <dd>
              <Moment at={me.created_at} />
            </dd>
          </dl>
          <div className="row">
            <Button className="button" onPress={() => setChanging(true)}>
              {accountTexts.password.change}
            </Button>
            <Button className="button" onPress={signOut}>
              {accountTexts.signOut}
            </Button>
          </div>
          {isChanging ? <PasswordDialog email={me.email} onClose={() => setChanging(false)} /> : null}
        </section>
      )}
      <Sessions />
      <Credits />
    </div>
  );
}
