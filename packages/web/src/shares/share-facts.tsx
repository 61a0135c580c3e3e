import { formatWhen } from "../format/format-time.ts";
import { sharesTexts } from "../texts/shares-texts.ts";
import { isUsable, type Share } from "./share-terms.ts";

/** What is left of a link, in a line. */
export function ShareFacts({ share }: { readonly share: Share }) {
  const nowMs = Date.now();
  return <span className={isUsable(share, nowMs) ? "soft" : "share-over"}>{factsOf(share, nowMs).join(" · ")}</span>;
}

function factsOf(share: Share, nowMs: number): readonly string[] {
  const { expires_at: endsAt, downloads, downloads_max: max } = share;
  const word = endsAt !== null && Date.parse(endsAt) <= nowMs ? sharesTexts.ended : sharesTexts.ends;
  return [
    ...(share.file_id === null ? [sharesTexts.deletedHint] : []),
    endsAt === null ? sharesTexts.endless : `${word} ${formatWhen(endsAt, nowMs)}`,
    ...(share.has_password ? [sharesTexts.hasPassword] : []),
    max === null ? sharesTexts.used(downloads) : sharesTexts.left(Math.max(0, max - downloads), max),
  ];
}
