import { AppError } from "@commonhold/core/app-error.ts";
import { page, type Reader } from "./answer.ts";
import type { HttpRequest } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

/**
 * The items of a list, page after page, fetched as they are asked for.
 * @throws AppError PROTOCOL_ERROR when the cursor does not move, INVALID_CURSOR when it is no longer valid
 */
export async function* listPages<T>(
  transport: HttpTransport,
  request: HttpRequest,
  item: Reader<T>,
): AsyncGenerator<T, void, undefined> {
  const reader = page(item);
  let cursor: string | undefined;
  for (;;) {
    const answer = await transport.call({ ...request, query: { ...request.query, cursor } }, reader);
    yield* answer.items;
    if (answer.next_cursor === null) return;
    if (answer.next_cursor === cursor) {
      throw new AppError("PROTOCOL_ERROR", `${transport.baseUrl} answers ${request.path} with the same page again`);
    }
    cursor = answer.next_cursor;
  }
}
