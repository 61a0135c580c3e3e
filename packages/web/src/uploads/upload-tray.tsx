import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { useServices, useUploads } from "../app/services.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { formatDuration } from "../format/format-time.ts";
import { uploadsTexts } from "../texts/uploads-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { firstItems, totalsOf, type UploadTotals } from "./upload-item.ts";
import { UploadRow } from "./upload-row.tsx";

/** Beyond so many rows the tray says how many more there are. */
const ROWS_MAX = 50;

/** Uploads under way, above whatever room one is in. */
export function UploadTray() {
  const { uploads } = useServices();
  const items = useUploads();
  const [isOpen, setOpen] = useState(true);
  const totals = totalsOf(items);
  const areMoving = movingOf(totals) > 0;
  useWarning(areMoving);
  return (
    <section className="tray" aria-label={uploadsTexts.title}>
      <div className="tray-head">
        <div className="tray-words">
          <strong>{titleOf(totals)}</strong>
          <span className="soft">{areMoving ? paceOf(totals, uploads.bytesPerSecond()) : versionsOf(totals)}</span>
        </div>
        {totals.inState.done > 0 ? (
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
      {areMoving ? <progress className="bar" value={totals.shareDone} aria-label={titleOf(totals)} /> : null}
      {isOpen ? (
        <>
          <ForAll totals={totals} />
          <ul className="tray-rows">
            {firstItems(items, ROWS_MAX).map((item) => (
              <UploadRow key={item.id} item={item} />
            ))}
            {totals.count > ROWS_MAX ? <li className="soft">{uploadsTexts.others(totals.count - ROWS_MAX)}</li> : null}
          </ul>
        </>
      ) : null}
      <span className="hidden" role="status">
        {areMoving ? "" : titleOf(totals)}
      </span>
    </section>
  );
}

/** Where there are many, one press for all of them. */
function ForAll({ totals: { inState, count } }: { readonly totals: UploadTotals }) {
  const { uploads } = useServices();
  const resting = inState.paused + inState.failed;
  if (count - inState.done < 2) return null;
  return (
    <div className="tray-all" role="group" aria-label={uploadsTexts.all}>
      {inState.waiting + inState.sending > 1 ? (
        <Button className="button quiet" onPress={() => uploads.pauseAll()}>
          {uploadsTexts.pauseAll}
        </Button>
      ) : null}
      {resting > 1 ? (
        <Button className="button quiet" onPress={() => uploads.resumeAll()}>
          {uploadsTexts.resumeAll}
        </Button>
      ) : null}
      <Button className="button quiet" onPress={() => uploads.cancelAll()}>
        {uploadsTexts.cancelAll}
      </Button>
    </div>
  );
}

function movingOf({ inState }: UploadTotals): number {
  return inState.waiting + inState.sending;
}

function titleOf(totals: UploadTotals): string {
  const moving = movingOf(totals);
  if (moving > 0) return uploadsTexts.moving(moving);
  return totals.inState.done === totals.count ? uploadsTexts.allDone(totals.count) : uploadsTexts.resting(totals.count);
}

function versionsOf({ newVersions, count }: UploadTotals): string {
  return newVersions === 0 || count === 1 ? "" : uploadsTexts.newVersions(newVersions);
}

function paceOf({ leftBytes, inState }: UploadTotals, bytesPerSecond = 0): string {
  const done = inState.done === 0 ? [] : [uploadsTexts.done(inState.done)];
  if (bytesPerSecond <= 0) return done.join("");
  const left = uploadsTexts.left(formatDuration(leftBytes / bytesPerSecond));
  return [...done, uploadsTexts.rate(formatBytes(bytesPerSecond)), left].join(" · ");
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
