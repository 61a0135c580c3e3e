import { useQuery } from "@tanstack/react-query";
import { type SyntheticEvent, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { appTexts } from "../texts/app-texts.ts";
import { previewTexts } from "../texts/files-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { decodeText } from "./decode-text.ts";
import { entryOfFile, type ListedFile } from "./entry.ts";
import { iconOf, previewKindOf } from "./file-kind.ts";
import { useEntryActions } from "./use-entry-actions.ts";

const TEXT_BYTES_MAX = 256 * 1024;
/** Tickets last an hour: an old one is not to be used by a film that is opened again. */
const TICKET_FRESH_MS = 45 * 60_000;

export function PreviewContent({ file }: { readonly file: ListedFile }) {
  const kind = previewKindOf(file);
  if (file.size_bytes === 0) return <NoPreview file={file} text={previewTexts.empty} />;
  if (kind === "none") return <NoPreview file={file} text={previewTexts.none} />;
  if (kind === "text") return <TextPreview file={file} />;
  if (kind === "pdf" && !navigator.pdfViewerEnabled) return <NoPreview file={file} text={previewTexts.pdf} />;
  return <MediaPreview file={file} kind={kind} />;
}

function NoPreview({ file, text }: { readonly file: ListedFile; readonly text: string }) {
  const { download } = useEntryActions();
  return (
    <div className="preview-none">
      <Icon name={iconOf(file)} size={48} />
      <p>{text}</p>
      <Button className="button" onPress={() => void download([entryOfFile(file)])}>
        <Icon name="download" />
        {previewTexts.download}
      </Button>
    </div>
  );
}

interface MediaPreviewProps {
  readonly file: ListedFile;
  readonly kind: "image" | "video" | "audio" | "pdf";
}

/** By an address of its own, so that the browser asks for the parts that it needs. */
function MediaPreview({ file, kind }: MediaPreviewProps) {
  const { data, dataUpdatedAt, error, refetch } = useTicket(file);
  const [brokenUrl, setBroken] = useState<string>();
  const place = useRef({ seconds: 0, isPlaying: false });
  if (error !== null && data === undefined) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <p className="preview-none">{appTexts.loading}</p>;
  const { url } = data;
  if (brokenUrl === url) return <NoPreview file={file} text={previewTexts.broken} />;
  const onBroken = () => setBroken(url);
  const media = {
    src: url,
    controls: true,
    preload: "metadata",
    "aria-label": file.filename,
    onError: ({ currentTarget: { currentTime, paused } }: SyntheticEvent<HTMLMediaElement>) => {
      if (Date.now() - dataUpdatedAt < TICKET_FRESH_MS) return onBroken();
      // It has outlived its ticket, and goes on where it was with another.
      place.current = { seconds: currentTime, isPlaying: !paused };
      void refetch();
    },
    onLoadedMetadata: ({ currentTarget }: SyntheticEvent<HTMLMediaElement>) => {
      const { seconds, isPlaying } = place.current;
      place.current = { seconds: 0, isPlaying: false };
      if (seconds > 0) currentTarget.currentTime = seconds;
      if (isPlaying) currentTarget.play().catch(() => undefined);
    },
  } as const;
  switch (kind) {
    case "image":
      return <img className="preview-media" src={url} alt={file.filename} onError={onBroken} />;
    case "video":
      return <video className="preview-media" {...media} />;
    case "audio":
      return <audio className="preview-audio" {...media} />;
    case "pdf":
      return <iframe className="preview-page" src={url} title={file.filename} />;
  }
}

function useTicket({ file_id: id }: ListedFile) {
  const { api } = useServices();
  return useQuery({
    queryKey: ["ticket", id],
    queryFn: ({ signal }) => {
      const body = { disposition: "inline" } as const;
      return api("POST /api/v1/files/{id}/ticket", { params: { id }, body, idempotent: true, signal });
    },
    staleTime: TICKET_FRESH_MS,
    gcTime: TICKET_FRESH_MS,
    // A film would begin anew when somebody comes back to it.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
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
      return decodeText(await response.arrayBuffer());
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
