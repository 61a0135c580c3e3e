import { formatBytes } from "../format/format-bytes.ts";
import { formatDuration } from "../format/format-time.ts";
import { networkTexts } from "../texts/nodes-texts.ts";
import type { RepairState } from "./network-health.ts";

/** What is being repaired now, in a few sentences. */
export function RepairSummary({ repair }: { readonly repair: RepairState }) {
  const texts = networkTexts.repair;
  const { brake, below_promise: below, repaired, unrepairable } = repair;
  const isBusy = below.chunks > 0 || repair.queue.chunks > 0 || repair.in_flight_count > 0;
  return (
    <section className="section">
      <h2>{texts.title}</h2>
      {repair.state === "paused" ? <p>{texts.paused}</p> : null}
      {brake === null ? null : <p>{texts[brake.reason](brake.away, brake.nodes)}</p>}
      {isBusy ? <p>{paceOf(repair)}</p> : <p>{texts.idle}</p>}
      {unrepairable.chunks > 0 ? <p>{texts.unrepairable(unrepairable.chunks)}</p> : null}
      {repaired.copies > 0 ? <p className="soft">{texts.done(repaired.copies, formatBytes(repaired.bytes))}</p> : null}
    </section>
  );
}

function paceOf(repair: RepairState): string {
  const texts = networkTexts.repair;
  const moving = repair.queue.by_urgency.relocating;
  const lacking = Math.max(repair.below_promise.chunks, repair.queue.chunks - moving);
  const sentences = lacking > 0 || moving === 0 ? [texts.lacking(lacking)] : [];
  if (moving > 0) sentences.push(texts.moving(moving));
  if (repair.bytes_left > 0) {
    const left = formatBytes(repair.bytes_left);
    const pace = repair.bytes_per_second > 0 ? texts.left(left, formatBytes(repair.bytes_per_second)) : texts.all(left);
    const time = repair.seconds_left === null ? "" : `, ${texts.time(formatDuration(repair.seconds_left))}`;
    sentences.push(`${pace}${time}`);
  }
  return sentences.map((each) => `${each}.`).join(" ");
}
