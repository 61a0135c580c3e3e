import { exactBytes, formatBytes } from "../format/format-bytes.ts";

export function Bytes({ count }: { readonly count: number }) {
  return <span title={exactBytes(count)}>{formatBytes(count)}</span>;
}
