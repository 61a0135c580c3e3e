import { createServer } from "node:net";
import { AppError } from "@commonhold/core/app-error.ts";

/** @throws AppError PORT_IN_USE, INVALID_REQUEST where the host or port cannot be listened on */
export async function assertPortFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (cause) {
    throw explain(host, port, cause);
  }
  await new Promise((resolve) => server.close(resolve));
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
