import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { decodeChunkName, decodeWithin, encodeChunkName } from "../fields.ts";
import {
  InventoryRequestSchema,
  type InventoryResponse,
  InventoryResponseSchema,
  type SignedGrant,
} from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX, INVENTORY_PAGE_MAX } from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";

export interface InventoryQuery {
  /** Names after this one; absent for the first page. */
  readonly after?: ChunkName;
  /** 1 … 10,000. */
  readonly limit: number;
}

/** Names that a node holds, ascending. */
export interface InventoryPage {
  readonly chunkNames: readonly ChunkName[];
  readonly more: boolean;
}

export interface InventoryClaim extends InventoryQuery {
  readonly grant: SignedGrant | undefined;
}

export interface InventoryHandler {
  readonly authorise: (claim: InventoryClaim) => void | Promise<void>;
  /** At most `limit` names after `after`, ascending. */
  readonly list: (query: InventoryQuery) => Promise<InventoryPage>;
}

const RESPONSE: ResponseKind<typeof InventoryResponseSchema> = {
  schema: InventoryResponseSchema,
  maxBytes: FRAME_BYTES_MAX.inventory,
  withStatus: (status) => ({ status }),
};

/**
 * One page of what a node holds. Asking again `after` the last name always comes to an end.
 * @throws AppError of the node's refusal, PROTOCOL_ERROR for a page that is out of order, or of the stream
 */
export async function requestInventory(
  stream: ByteStream,
  request: InventoryQuery & { readonly grant: SignedGrant },
): Promise<InventoryPage> {
  await writeMessage(stream, InventoryRequestSchema, {
    init: {
      grant: request.grant,
      after: request.after === undefined ? new Uint8Array(0) : encodeChunkName(request.after),
      limit: request.limit,
    },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  return decodePage(await readResponse(stream, RESPONSE), request);
}

/** Answers one `requestInventory`. */
export async function serveInventory(stream: ByteStream, handler: InventoryHandler): Promise<void> {
  await respond(stream, RESPONSE, async () => {
    const request = await readMessage(stream, InventoryRequestSchema, FRAME_BYTES_MAX.request);
    const query: InventoryQuery = {
      ...(request.after.length === 0 ? {} : { after: decodeChunkName(request.after) }),
      limit: decodeWithin("limit", request.limit, { min: 1, max: INVENTORY_PAGE_MAX }),
    };
    await handler.authorise({ ...query, grant: request.grant });
    const page = await handler.list(query);
    return { chunkNames: page.chunkNames.map(encodeChunkName), more: page.more };
  });
}

function decodePage(response: InventoryResponse, query: InventoryQuery): InventoryPage {
  const { more } = response;
  decodeWithin("the number of chunk_names", response.chunkNames.length, { min: more ? 1 : 0, max: query.limit });
  const chunkNames = response.chunkNames.map(decodeChunkName);
  let previous: string = query.after ?? "";
  for (const name of chunkNames) {
    if (name <= previous) throw new AppError("PROTOCOL_ERROR", `the inventory names ${name} after ${previous}`);
    previous = name;
  }
  return { chunkNames, more };
}
