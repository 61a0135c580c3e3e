import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Form } from "react-aria-components/Form";
import { useServices } from "../app/services.tsx";
import { pageRandom } from "../session/page-clock.ts";
import { peopleTexts } from "../texts/admin-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";
import { Field } from "../ui/field.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { readMicroCredits } from "./read-credits.ts";
import type { Person } from "./use-people.ts";

interface GrantDialogProps {
  readonly person: Person;
  readonly onClose: () => void;
}

const texts = peopleTexts.grant;
const KEY_BYTES = 16;

export function GrantDialog({ person, onClose }: GrantDialogProps) {
  const { api, queries, toasts } = useServices();
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const microCredits = readMicroCredits(amount);
  const isReady = microCredits !== undefined && reason.trim() !== "";
  const terms = `${amount}\n${reason}`;
  const [attempt, setAttempt] = useState({ terms, key: newKey() });
  const grant = useMutation({
    mutationFn: (key: string) =>
      api("POST /api/v1/admin/users/{id}/credits", {
        params: { id: person.id },
        body: { amount_microcredits: microCredits ?? "", reason: reason.trim() },
        // The same again gives only once, however often it is sent.
        headers: { "idempotency-key": key },
        idempotent: true,
      }),
    onSuccess: ({ amount: given }) => {
      toasts.show(texts.given(given, person.email));
      void queries.invalidateQueries({ queryKey: ["people"] });
      void queries.invalidateQueries({ queryKey: ["admin-log"] });
      onClose();
    },
  });
  const give = (): void => {
    const next = attempt.terms === terms ? attempt : { terms, key: newKey() };
    setAttempt(next);
    grant.mutate(next.key);
  };
  return (
    <Sheet title={texts.title(person.email)} isOpen onClose={onClose}>
      <Form
        className="form"
        aria-label={texts.title(person.email)}
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) give();
        }}
      >
        <Field
          label={texts.amount}
          inputMode="decimal"
          maxLength={18}
          isInvalid={amount !== "" && microCredits === undefined}
          value={amount}
          onChange={setAmount}
          {...(amount !== "" && microCredits === undefined ? { hint: texts.amountWrong } : {})}
        />
        <Field label={texts.reason} hint={texts.reasonHint} maxLength={512} value={reason} onChange={setReason} />
        <p role="alert" className={grant.error === null ? "form-failure none" : "form-failure"}>
          {grant.error === null ? null : sentence(messageOf(grant.error))}
        </p>
        <Button type="submit" className="button strong wide" isDisabled={!isReady || grant.isPending}>
          {texts.give}
        </Button>
      </Form>
    </Sheet>
  );
}

function newKey(): string {
  return Array.from(pageRandom.bytes(KEY_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
