import { useMutation, useQuery } from "@tanstack/react-query";
import { hasCode } from "@commonhold/core/app-error.ts";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { decodeText } from "../files/decode-text.ts";
import { type PreviewKind, previewKindOf } from "../files/file-kind.ts";
import { formatBytes } from "../format/format-bytes.ts";
import { appTexts } from "../texts/app-texts.ts";
import { previewTexts } from "../texts/files-texts.ts";
import { sharedTexts } from "../texts/shared-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { linkTicket } from "./link-ticket.ts";
import { MediaView } from "./media-view.tsx";
import { saveAddress } from "./save-pieces.ts";
import { SharedFacts } from "./shared-facts.tsx";
import { Over } from "./over.tsx";
import type { SharedFile } from "./shared-file.ts";

const TEXT_BYTES_MAX = 256 * 1024;

export interface LinkProps {
  readonly token: string;
  readonly file: SharedFile;
  readonly password?: string;
}

/** A file as the coordinator gives it. Where downloads are counted nothing is read before the person asks for it. */
export function PlainLink({ token, file, password }: LinkProps) {
  const { api, queries } = useServices();
  const kind = kindOf(file);
  const [isAsked, setAsked] = useState(false);
  const isShown = kind !== "none" && (isAsked || file.downloads_left === null);
  const access = { token, ...(password === undefined ? {} : { password }) };
  const ticket = useQuery({ ...linkTicket(api, access), enabled: isShown });
  const download = useMutation({
    mutationFn: () => queries.fetchQuery(linkTicket(api, access)),
    onSuccess: ({ url }) => saveAddress(url, file.name),
  });
  const error = download.error ?? ticket.error;
  if (error !== null && hasCode(error, "SHARE_EXHAUSTED")) return <Over texts={sharedTexts.usedUp} />;
  if (error !== null && hasCode(error, "SHARE_NOT_FOUND")) return <Over texts={sharedTexts.gone} />;
  return (
    <>
      <SharedFacts name={file.name} mediaType={file.media_type} sizeBytes={file.size_bytes} file={file}>
        {kind === "none" || isShown ? null : (
          <Button className="button" onPress={() => setAsked(true)}>
            {sharedTexts.show}
          </Button>
        )}
        <Button className="button strong" isPending={download.isPending} onPress={() => download.mutate()}>
          <Icon name="download" />
          {sharedTexts.download}
        </Button>
      </SharedFacts>
      {kind === "none" || isShown ? null : <p className="soft">{sharedTexts.counts}</p>}
      {kind === "none" ? <p className="soft">{sharedTexts.noPreview}</p> : null}
      {error === null ? null : <Failure error={error} onRetry={() => void ticket.refetch()} />}
      {isShown && ticket.data !== undefined ? <Preview file={file} kind={kind} url={ticket.data.url} /> : null}
    </>
  );
}

function kindOf(file: SharedFile): PreviewKind {
  if (file.size_bytes === 0) return "none";
  const kind = previewKindOf({ content_type: file.media_type, filename: file.name });
  return kind === "pdf" && !navigator.pdfViewerEnabled ? "none" : kind;
}

interface PreviewProps {
  readonly file: SharedFile;
  readonly kind: PreviewKind;
  readonly url: string;
}

function Preview({ file, kind, url }: PreviewProps) {
  if (kind === "none") return null;
  if (kind === "text") return <TextOf url={url} sizeBytes={file.size_bytes} />;
  return (
    <div className={`shared-preview ${kind}`}>
      <MediaView kind={kind} url={url} name={file.name} />
    </div>
  );
}

/** As text, whatever it is: nothing of it is ever read as a page. */
function TextOf({ url, sizeBytes }: { readonly url: string; readonly sizeBytes: number }) {
  const { session } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: ["link-text", url],
    queryFn: async ({ signal }) => {
      const headers = { accept: "*/*", range: `bytes=0-${TEXT_BYTES_MAX - 1}` };
      const response = await session.transport.open({ method: "GET", path: url, auth: "none", headers, signal });
      return decodeText(await response.arrayBuffer());
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <div className="shared-preview text">
      {/* It scrolls: arrows have to reach it. */}
      <pre tabIndex={0}>{data ?? appTexts.loading}</pre>
      {sizeBytes > TEXT_BYTES_MAX ? (
        <p className="soft">{previewTexts.truncated(formatBytes(TEXT_BYTES_MAX))}</p>
      ) : null}
    </div>
  );
}
