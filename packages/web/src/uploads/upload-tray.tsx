import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { useServices, useUploads } from "../app/services.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { formatDuration } from "../format/format-time.ts";
import { uploadsTexts } from "../texts/uploads-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { isMoving, secondsLeft, shareDone, type UploadItem } from "./upload-item.ts";
import { UploadRow } from "./upload-row.tsx";

/** Beyond so many rows the tray says how many more there are. */
const ROWS_MAX = 60;

/** Uploads under way, above whatever room one is in. */
export function UploadTray() {
  const { uploads } = useServices();
  const items = useUploads();
  const [isOpen, setOpen] = useState(true);
  const areMoving = items.some(isMoving);
  useWarning(areMoving);
  if (items.length === 0) return null;
  const rows = items.toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, ROWS_MAX);
  return (
    <section className="tray" aria-label={uploadsTexts.title}>
      <div className="tray-head">
        <div className="tray-words">
          <strong>{titleOf(items)}</strong>
          <span className="soft">{areMoving ? paceOf(items) : ""}</span>
        </div>
        {items.some((item) => item.state === "done") ? (
          <Button className="button quiet" onPress={() => uploads.clearDone()}>
            {uploadsTexts.clear}
          </Button>
        ) : null}
        <Button
          className="icon-button"
          aria-expanded={isOpen}
          aria-label={isOpen ? uploadsTexts.collapse : uploadsTexts.expand}
          onPress={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? "down" : "up"} />
        </Button>
      </div>
      {areMoving ? <progress className="bar" value={shareDone(items)} aria-label={titleOf(items)} /> : null}
      {isOpen ? (
        <ul className="tray-rows">
          {rows.map((item) => (
            <UploadRow key={item.id} item={item} />
          ))}
          {items.length > ROWS_MAX ? <li className="soft">{uploadsTexts.resting(items.length - ROWS_MAX)}…</li> : null}
        </ul>
      ) : null}
      <span className="hidden" role="status">
        {areMoving ? "" : titleOf(items)}
      </span>
    </section>
  );
}

const RANKS: Readonly<Record<UploadItem["state"], number>> = {
  failed: 0,
  interrupted: 1,
  sending: 2,
  paused: 3,
  waiting: 4,
  done: 5,
};

function rankOf(item: UploadItem): number {
  return RANKS[item.state];
}

function titleOf(items: readonly UploadItem[]): string {
  const moving = items.filter(isMoving).length;
  if (moving > 0) return uploadsTexts.moving(moving);
  const isAllDone = items.every((item) => item.state === "done");
  return isAllDone ? uploadsTexts.allDone(items.length) : uploadsTexts.resting(items.length);
}

function paceOf(items: readonly UploadItem[]): string {
  const seconds = secondsLeft(items);
  const rate = items.reduce((sum, item) => sum + (item.rate ?? 0), 0);
  if (seconds === undefined || rate === 0) return "";
  return `${uploadsTexts.rate(formatBytes(rate))} · ${uploadsTexts.left(formatDuration(seconds))}`;
}

/** The browser asks before it closes a page that is sending. */
function useWarning(isSending: boolean): void {
  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isSending]);
}
