import { type AddressInfo, createServer } from "node:net";
import { AppError } from "@commonhold/core/app-error.ts";

/**
 * A port that can be listened on: the one given, or for 0 one that is free now, and stays the same over restarts.
 * @throws AppError PORT_IN_USE, INVALID_REQUEST where the host or port cannot be listened on
 */
export async function choosePort(host: string, port: number): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (cause) {
    throw explain(host, port, cause);
  }
  const { port: chosen } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return chosen;
}

function explain(host: string, port: number, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "EADDRINUSE") {
    const message = `port ${port} on ${host} is in use by another program: stop that, or choose another port with --port`;
    return new AppError("PORT_IN_USE", message, { details: { host, port }, cause });
  }
  if (code === "EACCES") {
    const message = `port ${port} needs more rights than you have: choose one above 1023 with --port`;
    return new AppError("INVALID_REQUEST", message, { cause });
  }
  return new AppError(
    "INVALID_REQUEST",
    `this machine cannot listen on ${host}: give one of its addresses with --host`,
    {
      cause,
    },
  );
}
