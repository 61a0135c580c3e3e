import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { readMessage, writeMessage } from "./message.ts";
import { OK_STATUS, requireOk, type StatusInit, statusOf } from "./status.ts";

/** A kind of response: its message, and the most bytes that it may have. */
export interface ResponseKind<S extends DescMessage> {
  readonly schema: S;
  readonly maxBytes: number;
  /** The message that carries only a status. */
  readonly withStatus: (status: StatusInit) => MessageInitShape<S>;
}

/**
 * Reads a response.
 * @throws AppError of the refusal that the peer answered, or PROTOCOL_ERROR
 */
export async function readResponse<S extends DescMessage>(
  stream: ByteStream,
  kind: ResponseKind<S>,
): Promise<MessageShape<S>> {
  const response = await readMessage(stream, kind.schema, kind.maxBytes);
  requireOk((response as { readonly status?: Parameters<typeof requireOk>[0] }).status);
  return response;
}

/**
 * Runs `act` and writes what it returns as the response, with the status OK. What `act` throws is written as the
 * status of a refusal; if it was no AppError it is thrown on after that, so that the host logs it.
 * @returns what `act` returned, or undefined after a refusal
 */
export async function respond<S extends DescMessage, R extends MessageInitShape<S>>(
  stream: ByteStream,
  kind: ResponseKind<S>,
  act: () => Promise<R>,
): Promise<R | undefined> {
  let result: R;
  try {
    result = await act();
  } catch (error) {
    await refuse(stream, kind, error);
    return undefined;
  }
  const init = { ...kind.withStatus(OK_STATUS), ...result };
  await writeMessage(stream, kind.schema, { init, maxBytes: kind.maxBytes });
  return result;
}

async function refuse<S extends DescMessage>(stream: ByteStream, kind: ResponseKind<S>, error: unknown): Promise<void> {
  try {
    await writeMessage(stream, kind.schema, { init: kind.withStatus(statusOf(error)), maxBytes: kind.maxBytes });
  } catch {
    // The stream is gone, which as a rule is why `act` failed: its error is the one that says more.
    throw error;
  }
  if (!(error instanceof AppError)) throw error;
}
