import { sharesTexts } from "../texts/shares-texts.ts";
import { CopyButton } from "./copy-button.tsx";
import { RevokeButton } from "./revoke-button.tsx";
import { ShareFacts } from "./share-facts.tsx";
import { isUsable, linkOf, type Share } from "./share-terms.ts";

/** The links to one file. */
export function ShareList({ shares }: { readonly shares: readonly Share[] }) {
  return (
    <ul className="shares" aria-label={sharesTexts.section}>
      {shares.map((share) => (
        <li key={share.id}>
          {share.sealed ? null : <code className="share-link">{linkOf(share)}</code>}
          <ShareFacts share={share} />
          {share.sealed ? <span className="soft">{sharesTexts.sealed}</span> : null}
          <span className="row">
            {share.sealed || !isUsable(share, Date.now()) ? null : (
              <CopyButton text={linkOf(share)} label={sharesTexts.copyOf(share.filename ?? "")} />
            )}
            <RevokeButton share={share} />
          </span>
        </li>
      ))}
    </ul>
  );
}
