import { type OpenedLink, openSharedLink } from "@commonhold/client/shared-link.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Button } from "react-aria-components/Button";
import { pageClock, pageRandom } from "../session/page-clock.ts";
import { appTexts } from "../texts/app-texts.ts";
import { sharedTexts } from "../texts/shared-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { keepLinkKey, linkKey, takeLinkKey } from "./link-key.ts";
import type { LinkProps } from "./plain-link.tsx";
import { SealedContent } from "./sealed-content.tsx";
import { SharedFacts } from "./shared-facts.tsx";
import { Over } from "./over.tsx";

const { sealed } = sharedTexts;

/** A file that only the key in the link opens: here, and nowhere else. */
export function SealedFileLink({ token, file, password }: LinkProps) {
  const key = useLinkKey();
  const [isAsked, setAsked] = useState(false);
  const isWanted = key !== undefined && (isAsked || file.downloads_left === null);
  const opened = useQuery<OpenedLink>({
    queryKey: ["sealed-link", token, key, password],
    queryFn: () => {
      const link = `${location.origin}/shared/${token}#${key ?? ""}`;
      const access = password === undefined ? {} : { password };
      return openSharedLink({ clock: pageClock, random: pageRandom }, link, access);
    },
    enabled: isWanted,
    // It holds an address of an hour; what was asked for once counts as a download.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    structuralSharing: false,
  });
  if (key === undefined) return <Over texts={sealed.noKey} />;
  const { data, error } = opened;
  if (error !== null && hasCode(error, "SHARE_EXHAUSTED")) return <Over texts={sharedTexts.usedUp} />;
  if (data !== undefined) return <SealedContent opened={data} file={file} />;
  return (
    <>
      <SharedFacts name={sealed.name} mediaType={file.media_type} sizeBytes={file.size_bytes} file={file}>
        {isWanted ? null : (
          <Button className="button strong" onPress={() => setAsked(true)}>
            {sealed.open}
          </Button>
        )}
      </SharedFacts>
      <p className="soft">{sealed.lead}</p>
      {isWanted ? null : <p className="soft">{sealed.counts}</p>}
      {error === null ? null : <Failure error={error} onRetry={() => void opened.refetch()} />}
      {opened.isFetching ? <p className="soft">{appTexts.loading}</p> : null}
    </>
  );
}

/** A link that is opened where one without its key was loads no new page. */
function useLinkKey(): string | undefined {
  const key = useSyncExternalStore(subscribe, linkKey);
  useEffect(keepLinkKey, [key]);
  return key;
}

function subscribe(listener: () => void): () => void {
  const onHash = (): void => {
    takeLinkKey();
    listener();
  };
  addEventListener("hashchange", onHash);
  return () => removeEventListener("hashchange", onHash);
}
