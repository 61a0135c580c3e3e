import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Form } from "react-aria-components/Form";
import { sharesTexts } from "../texts/shares-texts.ts";
import { Failure, messageOf, sentence } from "../ui/failure.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { ShareList } from "./share-list.tsx";
import { readTerms, USUAL_TERMS } from "./share-terms.ts";
import type { ShareTarget } from "./sharing.ts";
import { TermsFields } from "./terms-fields.tsx";
import { useMakeShare, useShares } from "./use-shares.ts";

interface ShareDialogProps {
  readonly target: ShareTarget;
  readonly onClose: () => void;
}

/** Makes links to a file, and shows those that there are. */
export function ShareDialog({ target, onClose }: ShareDialogProps) {
  const { data: shares, error, refetch } = useShares(target.fileId);
  return (
    <Sheet title={sharesTexts.shareTitle(target.name)} isOpen onClose={onClose}>
      <NewLink fileId={target.fileId} />
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {shares?.length === 0 ? <p className="soft">{sharesTexts.none}</p> : null}
      {shares === undefined || shares.length === 0 ? null : <ShareList shares={shares} />}
    </Sheet>
  );
}

function NewLink({ fileId }: { readonly fileId: string }) {
  const [terms, setTerms] = useState(USUAL_TERMS);
  const make = useMakeShare(fileId);
  const body = readTerms(terms);
  return (
    <Form
      className="form"
      aria-label={sharesTexts.another}
      onSubmit={(event) => {
        event.preventDefault();
        if (body !== undefined) make.mutate(body, { onSuccess: () => setTerms(USUAL_TERMS) });
      }}
    >
      <TermsFields terms={terms} onChange={setTerms} />
      <p role="alert" className={make.error === null ? "form-failure none" : "form-failure"}>
        {make.error === null ? null : sentence(messageOf(make.error))}
      </p>
      <Button type="submit" className="button strong wide" isPending={make.isPending} isDisabled={body === undefined}>
        {sharesTexts.make}
      </Button>
      <p className={make.isSuccess ? undefined : "hidden"} role="status">
        {make.isSuccess ? sharesTexts.made : ""}
      </p>
    </Form>
  );
}
