import { useQuery } from "@tanstack/react-query";
import { useServices } from "../app/services.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { appTexts } from "../texts/app-texts.ts";
import { previewTexts } from "../texts/files-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import type { ListedFile } from "./entry.ts";
import { iconOf, previewKindOf } from "./file-kind.ts";

const TEXT_BYTES_MAX = 256 * 1024;
/** Tickets last an hour: an old one is not to be used by a film that is opened again. */
const TICKET_FRESH_MS = 45 * 60_000;

export function PreviewContent({ file }: { readonly file: ListedFile }) {
  const kind = previewKindOf(file);
  if (kind === "none" || file.size_bytes === 0) return <NoPreview file={file} text={previewTexts.none} />;
  if (kind === "text") return <TextPreview file={file} />;
  if (kind === "pdf" && !navigator.pdfViewerEnabled) return <NoPreview file={file} text={previewTexts.pdf} />;
  return <MediaPreview file={file} kind={kind} />;
}

function NoPreview({ file, text }: { readonly file: ListedFile; readonly text: string }) {
  return (
    <div className="preview-none">
      <Icon name={iconOf(file)} size={48} />
      <p>{text}</p>
    </div>
  );
}

interface MediaPreviewProps {
  readonly file: ListedFile;
  readonly kind: "image" | "video" | "audio" | "pdf";
}

/** By an address of its own, so that the browser asks for the parts that it needs. */
function MediaPreview({ file, kind }: MediaPreviewProps) {
  const { api } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: ["ticket", file.file_id],
    queryFn: ({ signal }) =>
      api("POST /api/v1/files/{id}/ticket", {
        params: { id: file.file_id },
        body: { disposition: "inline" },
        idempotent: true,
        signal,
      }),
    staleTime: TICKET_FRESH_MS,
    gcTime: TICKET_FRESH_MS,
  });
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <p className="preview-none">{appTexts.loading}</p>;
  const { url } = data;
  switch (kind) {
    case "image":
      return <img className="preview-media" src={url} alt={file.filename} />;
    case "video":
      return <video className="preview-media" src={url} controls preload="metadata" aria-label={file.filename} />;
    case "audio":
      return <audio className="preview-audio" src={url} controls preload="metadata" aria-label={file.filename} />;
    case "pdf":
      return <iframe className="preview-page" src={url} title={file.filename} />;
  }
}

/** As text, whatever it is: nothing of it is ever read as a page. */
function TextPreview({ file }: { readonly file: ListedFile }) {
  const { session } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: ["text", file.file_id],
    queryFn: async ({ signal }) => {
      const response = await session.transport.open({
        method: "GET",
        path: `/api/v1/files/${file.file_id}/download`,
        headers: { accept: "*/*", range: `bytes=0-${TEXT_BYTES_MAX - 1}` },
        signal,
      });
      return response.text();
    },
    gcTime: 0,
  });
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <div className="preview-text">
      {/* It scrolls: arrows have to reach it. */}
      <pre tabIndex={0}>{data ?? appTexts.loading}</pre>
      {file.size_bytes > TEXT_BYTES_MAX ? (
        <p className="soft">{previewTexts.truncated(formatBytes(TEXT_BYTES_MAX))}</p>
      ) : null}
    </div>
  );
}
