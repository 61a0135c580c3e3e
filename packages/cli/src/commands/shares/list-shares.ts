import type { Share } from "@commonhold/client/shares.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";
import { findOneFile } from "../files/find-one-file.ts";

const COLUMNS: readonly TableColumn<Share>[] = [
  { title: "ID", value: (share) => share.id },
  { title: "MADE", value: (share) => formatMoment(share.created_at) },
  { title: "ENDS", value: (share) => (share.expires_at === null ? "-" : formatMoment(share.expires_at)) },
  {
    title: "USED",
    align: "right",
    value: ({ downloads, downloads_max: max }) => `${downloads}${max === null ? "" : ` of ${max}`}`,
  },
  { title: "KIND", value: kindOf },
  { title: "FILE", value: (share) => share.filename ?? "(deleted)" },
];

export async function listShares(context: CliContext, name: string | undefined): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const file = name === undefined ? undefined : await findOneFile(client, name, signal);
  const shares: Share[] = [];
  for await (const share of client.shares.list({ ...(file === undefined ? {} : { fileId: file.file_id }), signal })) {
    shares.push(share);
  }
  if (output.json) {
    return output.document({
      items: shares.map((share) => ({ ...share, link: `${client.baseUrl}${share.url_path}` })),
    });
  }
  if (shares.length === 0) return output.note("There are no links.");
  for (const line of formatTable(COLUMNS, shares)) output.line(line);
}

function kindOf({ sealed, has_password: hasPassword }: Share): string {
  const kinds = [...(sealed ? ["sealed"] : []), ...(hasPassword ? ["password"] : [])];
  return kinds.length === 0 ? "open" : kinds.join(", ");
}
