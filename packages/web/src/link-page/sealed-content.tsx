import type { OpenedLink } from "@commonhold/client/shared-link.ts";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { decodeText } from "../files/decode-text.ts";
import { type PreviewKind, previewKindOf } from "../files/file-kind.ts";
import { formatBytes } from "../format/format-bytes.ts";
import { previewTexts } from "../texts/files-texts.ts";
import { sharedTexts } from "../texts/shared-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { MediaView } from "./media-view.tsx";
import { canStreamToDisk, GATHERED_BYTES_MAX, gather, savePieces } from "./save-pieces.ts";
import { SharedFacts } from "./shared-facts.tsx";
import type { SharedFile } from "./shared-file.ts";

interface SealedContentProps {
  readonly opened: OpenedLink;
  readonly file: SharedFile;
}

const { sealed } = sharedTexts;
/** What is looked at has to be opened whole before. */
const PREVIEW_BYTES_MAX = 32 * 1024 * 1024;
const TEXT_BYTES_MAX = 256 * 1024;
/** Of types that cannot run, by their names only: PDF would need a frame, which takes no content of this page. */
const PREVIEWS: ReadonlySet<PreviewKind> = new Set(["image", "video", "audio", "text"]);

/** A sealed file that is open: name, type and length are as they were sealed. */
export function SealedContent({ opened, file }: SealedContentProps) {
  const save = useSaving(opened);
  const isTooLarge = !canStreamToDisk() && opened.sizeBytes > GATHERED_BYTES_MAX;
  return (
    <>
      <SharedFacts name={opened.name} mediaType={opened.mediaType} sizeBytes={opened.sizeBytes} file={file}>
        <Button
          className="button strong"
          isDisabled={isTooLarge}
          isPending={save.doneBytes !== undefined}
          onPress={() => void save.begin()}
        >
          <Icon name="download" />
          {sealed.save}
        </Button>
      </SharedFacts>
      {isTooLarge ? (
        <p className="form-failure">
          {sealed.tooLarge(formatBytes(opened.sizeBytes), formatBytes(GATHERED_BYTES_MAX))}
        </p>
      ) : null}
      {save.doneBytes === undefined ? null : (
        <div className="row saving">
          <progress
            className="bar"
            value={save.doneBytes}
            max={Math.max(1, opened.sizeBytes)}
            aria-label={sealed.save}
          />
          <span>{sealed.saving(formatBytes(save.doneBytes), formatBytes(opened.sizeBytes))}</span>
          <Button className="button" onPress={save.cancel}>
            {sealed.cancel}
          </Button>
        </div>
      )}
      {save.error === undefined ? null : <Failure error={save.error} onRetry={() => void save.begin()} />}
      <p role="status" className={save.isSaved ? "soft" : "hidden"}>
        {save.isSaved ? sealed.saved : ""}
      </p>
      <SealedPreview opened={opened} />
    </>
  );
}

function useSaving(opened: OpenedLink) {
  const [doneBytes, setDoneBytes] = useState<number>();
  const [isSaved, setSaved] = useState(false);
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  const begin = async (): Promise<void> => {
    const { signal } = (abort.current = new AbortController());
    setSaved(false);
    setError(undefined);
    setDoneBytes(0);
    try {
      setSaved(await savePieces({ ...opened, read: () => opened.read(), signal, onProgress: setDoneBytes }));
    } catch (failure) {
      if (!signal.aborted) setError(failure);
    } finally {
      setDoneBytes(undefined);
    }
  };
  return { doneBytes, isSaved, error, begin, cancel: () => abort.current?.abort(new Error("cancelled")) };
}

function SealedPreview({ opened }: { readonly opened: OpenedLink }) {
  const { name, mediaType, sizeBytes } = opened;
  const kind = previewKindOf({ content_type: mediaType, filename: name });
  if (!PREVIEWS.has(kind) || sizeBytes === 0 || (kind !== "text" && sizeBytes > PREVIEW_BYTES_MAX)) return null;
  return kind === "text" ? <SealedText opened={opened} /> : <SealedMedia opened={opened} kind={kind} />;
}

/** As text, whatever it is: nothing of it is ever read as a page. */
function SealedText({ opened }: { readonly opened: OpenedLink }) {
  const { data, error } = useQuery({
    queryKey: ["sealed-link", "text", opened.name],
    queryFn: async ({ signal }) => {
      const read = () => opened.read(0, TEXT_BYTES_MAX);
      const begin = await gather({ ...opened, read, signal, onProgress: () => undefined });
      return decodeText(await begin.arrayBuffer());
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (error !== null) return <Failure error={error} />;
  return (
    <div className="shared-preview text">
      <pre tabIndex={0}>{data}</pre>
      {opened.sizeBytes > TEXT_BYTES_MAX ? (
        <p className="soft">{previewTexts.truncated(formatBytes(TEXT_BYTES_MAX))}</p>
      ) : null}
    </div>
  );
}

interface SealedMediaProps {
  readonly opened: OpenedLink;
  readonly kind: PreviewKind;
}

function SealedMedia({ opened, kind }: SealedMediaProps) {
  const [url, setUrl] = useState<string>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const abort = new AbortController();
    let made: string | undefined;
    const wanted = { ...opened, read: () => opened.read(), signal: abort.signal, onProgress: () => undefined };
    gather(wanted).then(
      (blob) => {
        if (abort.signal.aborted) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      (failure: unknown) => abort.signal.aborted || setError(failure),
    );
    return () => {
      abort.abort(new Error("not looked at any more"));
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [opened]);
  if (error !== undefined) return <Failure error={error} />;
  if (url === undefined || (kind !== "image" && kind !== "video" && kind !== "audio")) return null;
  return (
    <div className={`shared-preview ${kind}`}>
      <MediaView kind={kind} url={url} name={opened.name} />
    </div>
  );
}
