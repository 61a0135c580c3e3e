import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { sharesTexts } from "../texts/shares-texts.ts";
import type { Share } from "./share-terms.ts";
import { useRevokeShare } from "./use-shares.ts";

/** Asks first: what is taken back does not come again. */
export function RevokeButton({ share }: { readonly share: Share }) {
  const [isAsking, setAsking] = useState(false);
  const revoke = useRevokeShare();
  const label = sharesTexts.revokeOf(share.filename ?? sharesTexts.deleted);
  if (!isAsking) {
    return (
      <Button className="button" aria-label={label} onPress={() => setAsking(true)}>
        {sharesTexts.revoke}
      </Button>
    );
  }
  return (
    <div className="revoke" role="group" aria-label={label}>
      <p>{sharesTexts.revokeSure}</p>
      <Button className="button danger" isDisabled={revoke.isPending} onPress={() => revoke.mutate(share)}>
        {sharesTexts.revokeYes}
      </Button>
      {/* What was pressed is gone: the keyboard goes on with what does no harm. */}
      <Button className="button" autoFocus onPress={() => setAsking(false)}>
        {sharesTexts.revokeNo}
      </Button>
    </div>
  );
}
