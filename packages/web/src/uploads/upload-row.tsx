import { useRef } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { uploadsTexts } from "../texts/uploads-texts.ts";
import { sentence } from "../ui/failure.tsx";
import { FileInput } from "../ui/file-input.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import type { UploadItem } from "./upload-item.ts";

export function UploadRow({ item }: { readonly item: UploadItem }) {
  const { uploads } = useServices();
  const share = item.sizeBytes === 0 ? (item.state === "done" ? 1 : 0) : item.doneBytes / item.sizeBytes;
  const leaf = item.name.slice(item.name.lastIndexOf("/") + 1);
  return (
    <li className={`upload upload-${item.state}`}>
      <span className="upload-name" title={item.name}>
        {leaf}
      </span>
      <span className="upload-buttons">
        {item.state === "done" ? <Icon name="check" /> : <GoOn item={item} leaf={leaf} />}
        {item.state === "done" ? null : (
          <Act icon="close" label={uploadsTexts.cancel(leaf)} run={() => void uploads.cancel(item.id)} />
        )}
      </span>
      <span className="upload-state soft">{stateOf(item)}</span>
      {item.state === "sending" || item.state === "paused" ? (
        <progress className="bar" value={share} aria-label={item.name} />
      ) : null}
    </li>
  );
}

function GoOn({ item, leaf }: { readonly item: UploadItem; readonly leaf: string }) {
  const { uploads, toasts } = useServices();
  const resume = async () => {
    if (!(await uploads.resume(item.id))) toasts.show(uploadsTexts.notReadable(leaf));
  };
  switch (item.state) {
    case "waiting":
    case "sending":
      return <Act icon="pause" label={uploadsTexts.pause(leaf)} run={() => uploads.pause(item.id)} />;
    case "failed":
      return <Act icon="restore" label={uploadsTexts.retry(leaf)} run={() => void resume()} />;
    case "paused":
      return <Act icon="play" label={uploadsTexts.resume(leaf)} run={() => void resume()} />;
    case "interrupted":
      if (item.canContinueAlone) return <Act icon="play" label={uploadsTexts.resume(leaf)} run={() => void resume()} />;
      return <ChooseAgain item={item} label={uploadsTexts.choose(leaf)} />;
    case "done":
      return null;
  }
}

/** A page may read a file only after the person has chosen it; the same one, and the upload goes on where it was. */
function ChooseAgain({ item, label }: { readonly item: UploadItem; readonly label: string }) {
  const { uploads, toasts } = useServices();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Act icon="upload" label={label} run={() => input.current?.click()} />
      <FileInput
        input={input}
        testId="choose-again"
        onFile={(file) => {
          if (!uploads.provide(item.id, file)) toasts.show(uploadsTexts.notThisFile);
        }}
      />
    </>
  );
}

interface ActProps {
  readonly icon: IconName;
  readonly label: string;
  readonly run: () => void;
}

function Act({ icon, label, run }: ActProps) {
  return (
    <Button className="icon-button" aria-label={label} onPress={run}>
      <Icon name={icon} size={18} />
    </Button>
  );
}

function stateOf(item: UploadItem): string {
  const { states, retrying, away } = uploadsTexts;
  const amounts = `${formatBytes(item.doneBytes)} of ${formatBytes(item.sizeBytes)}`;
  if (item.state === "failed") return sentence(item.error?.message ?? states.failed);
  if (item.state === "interrupted") return item.canContinueAlone ? states.interruptedAlone : states.interrupted;
  if (item.state === "done" && (item.version ?? 1) > 1) return uploadsTexts.asVersion(item.version ?? 1);
  if (item.state === "done") return formatBytes(item.sizeBytes);
  if (item.state === "waiting" && item.error !== undefined) return `${amounts} · ${away}`;
  if (item.state === "sending" && item.error !== undefined) return `${amounts} · ${retrying}`;
  if (item.state === "sending" && item.rate !== undefined)
    return `${amounts} · ${uploadsTexts.rate(formatBytes(item.rate))}`;
  return item.doneBytes > 0 ? `${states[item.state]} · ${amounts}` : states[item.state];
}
