import { exactTime, formatSilence, formatWhen } from "../format/format-time.ts";

interface MomentProps {
  readonly at: string;
  /** Whether seconds tell something too. */
  readonly isToTheSecond?: boolean;
}

/** A time for people, exact for who rests on it. */
export function Moment({ at, isToTheSecond = false }: MomentProps) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {(isToTheSecond ? formatSilence : formatWhen)(at, Date.now())}
    </time>
  );
}
