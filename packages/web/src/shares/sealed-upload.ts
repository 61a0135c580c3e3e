import { sealSource } from "@commonhold/client/sealed/seal-source.ts";
import { SEALING_KEY_BYTES } from "@commonhold/client/sealed/segment-cipher.ts";
import { formatShareLink } from "@commonhold/client/sealed/share-link.ts";
import type { Services } from "../app/services.tsx";
import { pageRandom } from "../session/page-clock.ts";
import { browserFileSource } from "../uploads/browser-file-source.ts";
import type { GivenFile } from "../uploads/dropped-files.ts";
import type { ShareBody } from "./share-terms.ts";

const UNKNOWN_TYPE = "application/octet-stream";

/**
 * A file for the tray, which seals it as it is sent, a chunk at a time. Once it is stored its link is made and shown. The
 * key is in this page's memory and in the link, so an upload that the page does not live to finish is begun anew.
 * @throws AppError INVALID_REQUEST where the browser does not seal on this page
 */
export async function sealedUpload(
  { api, sharing, queries }: Pick<Services, "api" | "sharing" | "queries">,
  file: File,
  terms: ShareBody,
): Promise<GivenFile> {
  const key = pageRandom.bytes(SEALING_KEY_BYTES);
  const mediaType = file.type === "" ? UNKNOWN_TYPE : file.type;
  const source = await sealSource({ random: pageRandom }, browserFileSource(file, file.name), { key, mediaType });
  const onStored = async (fileId: string): Promise<void> => {
    const body = { ...terms, sealed: true };
    const { token } = await api("POST /api/v1/files/{id}/shares", { params: { id: fileId }, body });
    sharing.keep({ name: file.name, link: formatShareLink({ baseUrl: location.origin, token, key }) });
    void queries.invalidateQueries({ queryKey: ["shares"] });
  };
  return { file, name: file.name, sealed: { source, onStored } };
}
