import { useMutation } from "@tanstack/react-query";
import { hasCode } from "@commonhold/core/app-error.ts";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Form } from "react-aria-components/Form";
import { useServices } from "../app/services.tsx";
import { sharedTexts } from "../texts/shared-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { linkTicket } from "./link-ticket.ts";
import { Over } from "./over.tsx";
import type { SharedFile } from "./shared-file.ts";

interface PasswordFormProps {
  readonly token: string;
  readonly onOpen: (file: SharedFile, password: string) => void;
}

const texts = sharedTexts.password;

export function PasswordForm({ token, onOpen }: PasswordFormProps) {
  const { api, queries } = useServices();
  const [password, setPassword] = useState("");
  const open = useMutation({
    // Of no use as a download before it is asked for content, and good for the first one.
    mutationFn: () => queries.fetchQuery(linkTicket(api, { token, password })),
    onSuccess: ({ file }) => onOpen(file, password),
  });
  const { error } = open;
  if (error !== null && hasCode(error, "SHARE_EXHAUSTED")) return <Over texts={sharedTexts.usedUp} />;
  if (error !== null && hasCode(error, "SHARE_NOT_FOUND")) return <Over texts={sharedTexts.gone} />;
  return (
    <Form
      className="form shared-password"
      aria-label={sharedTexts.title}
      onSubmit={(event) => {
        event.preventDefault();
        open.mutate();
      }}
    >
      <h1>
        <Icon name="lock" size={28} />
        {sharedTexts.title}
      </h1>
      <p>{texts.lead}</p>
      <Field
        label={texts.label}
        type="password"
        autoComplete="off"
        maxLength={1024}
        isRequired
        value={password}
        onChange={setPassword}
      />
      <p role="alert" className={error === null ? "form-failure none" : "form-failure"}>
        {error === null ? null : whyNot(error)}
      </p>
      <Button type="submit" className="button strong wide" isDisabled={open.isPending}>
        {texts.open}
      </Button>
    </Form>
  );
}

function whyNot(error: Error): string {
  return hasCode(error, "INVALID_CREDENTIALS") ? texts.wrong : sentence(messageOf(error));
}
