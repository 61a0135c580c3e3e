import { exactTime, formatDue, formatSilence, formatWhen } from "../format/format-time.ts";

interface MomentProps {
  readonly at: string;
  /** Whether seconds tell something too. */
  readonly isToTheSecond?: boolean;
}

/** When something comes next, exact for who rests on it. */
export function Due({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {formatDue(at, Date.now())}
    </time>
  );
}

/** A time for people, exact for who rests on it. */
export function Moment({ at, isToTheSecond = false }: MomentProps) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {(isToTheSecond ? formatSilence : formatWhen)(at, Date.now())}
    </time>
  );
}
