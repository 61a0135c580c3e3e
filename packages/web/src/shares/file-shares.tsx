import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { sharesTexts } from "../texts/shares-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { ShareList } from "./share-list.tsx";
import type { ShareTarget } from "./sharing.ts";
import { useShares } from "./use-shares.ts";

/** The links to a file, among its details. */
export function FileShares({ target }: { readonly target: ShareTarget }) {
  const { sharing } = useServices();
  const { data: shares, error, refetch } = useShares(target.fileId);
  return (
    <section className="file-shares" aria-label={sharesTexts.section}>
      <div className="safety-line">
        <h3>{sharesTexts.section}</h3>
        <Button className="button" onPress={() => sharing.share(target)}>
          <Icon name="link" size={16} />
          {sharesTexts.share}
        </Button>
      </div>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {shares?.length === 0 ? <p className="soft">{sharesTexts.none}</p> : null}
      {shares === undefined || shares.length === 0 ? null : <ShareList shares={shares} />}
    </section>
  );
}
