import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Form } from "react-aria-components/Form";
import type { Answer } from "../api/api.ts";
import { useAccess } from "../app/access.tsx";
import { firstSightIsThere } from "../app/first-sight.ts";
import { Mark } from "../app/mark.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { sessionTexts } from "../texts/session-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";
import { useTitle } from "../ui/use-title.ts";
import { Field } from "../ui/field.tsx";

/** The way in: what this is, signing in, signing up. */
export function WelcomeRoom() {
  useTitle(sessionTexts.signIn);
  useEffect(firstSightIsThere, []);
  return (
    <main className="welcome">
      <section className="welcome-words">
        <Mark size={40} />
        <h1>{appTexts.name}</h1>
        <p className="lead">{appTexts.sentence}</p>
        <ul>
          {sessionTexts.points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      </section>
      <section className="welcome-form">
        <Entrance />
      </section>
    </main>
  );
}

/** Signs in or up with what a form holds. @returns why not, for a person */
function useEntering(isNew: boolean) {
  const { session } = useAccess();
  const [failure, setFailure] = useState<string>();
  const [isWorking, setWorking] = useState(false);
  const enter = async (form: FormData): Promise<void> => {
    const text = (name: string): string => {
      const value = form.get(name);
      return typeof value === "string" ? value : "";
    };
    const who = { email: text("email"), password: text("password") };
    const name = text("name").trim();
    setWorking(true);
    setFailure(undefined);
    try {
      await (isNew ? session.signUp({ ...who, ...(name === "" ? {} : { name }) }) : session.signIn(who));
    } catch (error) {
      setFailure(sentence(messageOf(error)));
      setWorking(false);
    }
  };
  return { enter, failure, isWorking, forget: () => setFailure(undefined) };
}

function Entrance() {
  const [isNew, setNew] = useState(false);
  const [email, setEmail] = useState("");
  const { enter, failure, isWorking, forget } = useEntering(isNew);
  const title = isNew ? sessionTexts.signUp : sessionTexts.signIn;
  return (
    <>
      <Form
        className="form"
        aria-label={title}
        onSubmit={(event) => {
          event.preventDefault();
          void enter(new FormData(event.currentTarget));
        }}
      >
        <h2>{title}</h2>
        <Fields isNew={isNew} email={email} onEmail={setEmail} />
        <p role="alert" className={failure === undefined ? "form-failure none" : "form-failure"}>
          {failure}
        </p>
        <Button type="submit" className="button strong wide" isPending={isWorking}>
          {isWorking ? sessionTexts.working : title}
        </Button>
      </Form>
      <Button
        className="button quiet wide"
        onPress={() => {
          setNew(!isNew);
          forget();
        }}
      >
        {isNew ? sessionTexts.toSignIn : sessionTexts.toSignUp}
      </Button>
      <TrialAccount onUse={setEmail} />
    </>
  );
}

interface FieldsProps {
  readonly isNew: boolean;
  readonly email: string;
  readonly onEmail: (email: string) => void;
}

function Fields({ isNew, email, onEmail }: FieldsProps) {
  return (
    <>
      <Field
        label={sessionTexts.email}
        name="email"
        type="email"
        autoComplete="username"
        value={email}
        onChange={onEmail}
        isRequired
      />
      {isNew ? <Field label={sessionTexts.name} hint={sessionTexts.nameHint} name="name" autoComplete="name" /> : null}
      <Field
        label={sessionTexts.password}
        {...(isNew ? { hint: sessionTexts.passwordRule, minLength: 10 } : {})}
        name="password"
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        isRequired
      />
    </>
  );
}

function TrialAccount({ onUse }: { readonly onUse: (email: string) => void }) {
  const { api, connection } = useAccess();
  const [data, setData] = useState<Answer<"GET /api/v1/auth/trial-account">>();
  useEffect(() => {
    const gone = new AbortController();
    api("GET /api/v1/auth/trial-account", { auth: "none", signal: gone.signal }).then(
      (account) => {
        connection.answered();
        setData(account);
      },
      (error: unknown) => connection.failed(error),
    );
    return () => gone.abort();
  }, [api, connection]);
  const { trial } = sessionTexts;
  if (data === undefined || data.email === null) return null;
  const { email, password_file: file } = data;
  return (
    <aside className="trial">
      <strong>{trial.title}</strong>
      <p>
        {trial.account} <b>{email}</b>. {trial.where} <code>{file}</code>
      </p>
      <Button className="button" onPress={() => onUse(email)}>
        {trial.use}
      </Button>
    </aside>
  );
}
