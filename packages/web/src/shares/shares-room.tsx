import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { sharesTexts } from "../texts/shares-texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import { useTitle } from "../ui/use-title.ts";
import { CopyButton } from "./copy-button.tsx";
import { RevokeButton } from "./revoke-button.tsx";
import { ShareFacts } from "./share-facts.tsx";
import { isUsable, linkOf, type Share } from "./share-terms.ts";
import { useShares } from "./use-shares.ts";
import { DataTable } from "../ui/data-table.tsx";

const { columns, empty, seal } = sharesTexts;

/** All links that a person has given out. */
export function SharesRoom() {
  useTitle(sharesTexts.title);
  const { sharing } = useServices();
  const { data: shares, error, refetch } = useShares();
  const sealButton = (
    <Button className="button" onPress={() => sharing.seal()}>
      <Icon name="lock" size={16} />
      {seal.open}
    </Button>
  );
  return (
    <div className="room">
      <h1>{sharesTexts.title}</h1>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {shares?.length === 0 ? (
        <Empty icon="link" title={empty.title} text={empty.text}>
          {sealButton}
        </Empty>
      ) : null}
      {shares === undefined || shares.length === 0 ? null : (
        <>
          <div className="row">
            <p className="soft">{sharesTexts.lead}</p>
            <span className="gap" />
            {sealButton}
          </div>
          <Links shares={shares} />
        </>
      )}
    </div>
  );
}

function Links({ shares }: { readonly shares: readonly Share[] }) {
  return (
    <DataTable
      caption={sharesTexts.title}
      look="stack links"
      columns={[
        { title: columns.file },
        { title: columns.made, isAside: true },
        { title: columns.actions, isTitleHidden: true },
      ]}
    >
      {shares.map((share) => (
        <LinkRow key={share.id} share={share} />
      ))}
    </DataTable>
  );
}

function LinkRow({ share }: { readonly share: Share }) {
  const name = share.filename ?? sharesTexts.deleted;
  return (
    <tr>
      <th scope="row">
        {name}
        <span className="under">
          <ShareFacts share={share} />
        </span>
        {share.sealed ? <span className="under soft">{sharesTexts.sealed}</span> : null}
      </th>
      <td className="aside soft">
        <Moment at={share.created_at} />
      </td>
      <td className="actions">
        {share.sealed || !isUsable(share, Date.now()) ? null : (
          <CopyButton text={linkOf(share)} label={sharesTexts.copyOf(name)} />
        )}
        <RevokeButton share={share} />
      </td>
    </tr>
  );
}
