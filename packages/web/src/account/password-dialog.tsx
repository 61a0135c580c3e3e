import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Form } from "react-aria-components/Form";
import { useServices } from "../app/services.tsx";
import { BY_COOKIE } from "../session/cookie-session.ts";
import { accountTexts } from "../texts/account-texts.ts";
import { sessionTexts } from "../texts/session-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";
import { Field } from "../ui/field.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface PasswordDialogProps {
  readonly email: string;
  readonly onClose: () => void;
}

const texts = accountTexts.password;

/** Another password for oneself: it ends every login but that of this browser. */
export function PasswordDialog({ email, onClose }: PasswordDialogProps) {
  const { api, queries, toasts } = useServices();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const change = useMutation({
    mutationFn: () =>
      api("PUT /api/v1/auth/password", {
        body: { current_password: current, new_password: next },
        headers: BY_COOKIE,
        // Sent twice, it would tell of a wrong password where the first answer was lost.
        idempotent: false,
      }),
    onSuccess: ({ ended }) => {
      toasts.show(texts.done(ended));
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      onClose();
    },
  });
  const differ = again !== "" && again !== next;
  const isReady = current !== "" && next !== "" && again === next;
  const isNew = { type: "password", autoComplete: "new-password", isRequired: true } as const;
  return (
    <Sheet title={texts.change} isOpen onClose={onClose}>
      <Form
        className="form"
        aria-label={texts.change}
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) change.mutate();
        }}
      >
        {/* For programs that keep passwords: whose it is. */}
        <input className="none" type="email" autoComplete="username" value={email} readOnly hidden />
        <Field
          label={texts.current}
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
          isRequired
          autoFocus
        />
        <Field label={texts.next} hint={sessionTexts.passwordRule} value={next} onChange={setNext} {...isNew} />
        <Field
          label={texts.again}
          isInvalid={differ}
          {...(differ ? { hint: texts.differ } : {})}
          value={again}
          onChange={setAgain}
          {...isNew}
        />
        <p role="alert" className={change.error === null ? "form-failure none" : "form-failure"}>
          {change.error === null ? null : sentence(messageOf(change.error))}
        </p>
        <Button type="submit" className="button strong wide" isDisabled={!isReady} isPending={change.isPending}>
          {texts.save}
        </Button>
      </Form>
    </Sheet>
  );
}
