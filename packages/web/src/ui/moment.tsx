import { exactTime, formatWhen } from "../format/format-time.ts";

/** A time for people, exact for who rests on it. */
export function Moment({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {formatWhen(at, Date.now())}
    </time>
  );
}
