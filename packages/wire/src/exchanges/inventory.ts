import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { InventorySummary } from "@commonhold/core/repair/inventory-summary.ts";
import { decodeChunkName, decodeWithin, encodeChunkName } from "../fields.ts";
import {
  InventoryRequestSchema,
  type InventoryResponse,
  InventoryResponseSchema,
  type SignedGrant,
} from "../gen/commonhold_pb.ts";
import { decodeInventorySummary, encodeInventorySummary } from "../inventory-summary-bytes.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX, INVENTORY_PAGE_MAX } from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";

export interface InventoryQuery {
  /** Names after this one; absent for the first page. */
  readonly after?: ChunkName;
  /** Names up to this one; absent for all. */
  readonly until?: ChunkName;
  /** 1 … 10,000. */
  readonly limit: number;
}

/** Names that a node holds, ascending. */
export interface InventoryPage {
  readonly chunkNames: readonly ChunkName[];
  readonly more: boolean;
}

export interface InventoryClaim extends Partial<InventoryQuery> {
  readonly grant: SignedGrant | undefined;
  /** The summary is asked for, and no names. */
  readonly summary?: true;
}

export interface InventoryHandler {
  readonly authorise: (claim: InventoryClaim) => void | Promise<void>;
  /** At most `limit` names after `after` and up to `until`, ascending. */
  readonly list: (query: InventoryQuery) => Promise<InventoryPage>;
  readonly summarise: () => Promise<Pick<InventorySummary, "buckets">>;
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
      after: encodeOptionalName(request.after),
      limit: request.limit,
      until: encodeOptionalName(request.until),
    },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  return decodePage(await readResponse(stream, RESPONSE), request);
}

/**
 * What a node holds, in short, to be compared with what it should hold.
 * @throws AppError of the node's refusal, PROTOCOL_ERROR where it knows of no summaries, or of the stream
 */
export async function requestInventorySummary(
  stream: ByteStream,
  request: { readonly grant: SignedGrant },
): Promise<InventorySummary> {
  await writeMessage(stream, InventoryRequestSchema, {
    // A node that knows of no summaries answers with one name.
    init: { grant: request.grant, limit: 1, summary: true },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  const { summary } = await readResponse(stream, { ...RESPONSE, maxBytes: FRAME_BYTES_MAX.inventorySummary });
  return decodeInventorySummary(summary);
}

/** Answers one `requestInventory` or `requestInventorySummary`. */
export async function serveInventory(stream: ByteStream, handler: InventoryHandler): Promise<void> {
  await respond(stream, RESPONSE, async () => {
    const request = await readMessage(stream, InventoryRequestSchema, FRAME_BYTES_MAX.request);
    const { grant } = request;
    if (request.summary) {
      await handler.authorise({ grant, summary: true });
      return { summary: encodeInventorySummary(await handler.summarise()) };
    }
    const query: InventoryQuery = {
      ...(request.after.length === 0 ? {} : { after: decodeChunkName(request.after) }),
      ...(request.until.length === 0 ? {} : { until: decodeChunkName(request.until) }),
      limit: decodeWithin("limit", request.limit, { min: 1, max: INVENTORY_PAGE_MAX }),
    };
    await handler.authorise({ ...query, grant });
    const page = await handler.list(query);
    return { chunkNames: page.chunkNames.map(encodeChunkName), more: page.more };
  });
}

function encodeOptionalName(name: ChunkName | undefined): Uint8Array {
  return name === undefined ? new Uint8Array(0) : encodeChunkName(name);
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
  if (query.until !== undefined && previous > query.until) {
    throw new AppError("PROTOCOL_ERROR", `the inventory names ${previous}, beyond ${query.until}`);
  }
  return { chunkNames, more };
}
