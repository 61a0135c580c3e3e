import { normaliseBaseUrl } from "@commonhold/client/base-url.ts";
import { type CommonholdClient, createCommonholdClient } from "@commonhold/client/commonhold-client.ts";
import { createMemoryCredentialStore } from "@commonhold/client/credentials.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import type { CredentialsFile } from "./state/credentials-file.ts";

/** A client with the credentials of that coordinator, or with the access token that a script gives. */
export function openClient(
  deps: { readonly credentials: CredentialsFile },
  options: { readonly baseUrl: string; readonly token: string | undefined },
): CommonholdClient {
  const { token } = options;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new AppError("UNAUTHENTICATED", "COMMONHOLD_TOKEN holds no access token: log in, or set it again");
  }
  const baseUrl = normaliseBaseUrl(options.baseUrl);
  const store =
    token === undefined ? deps.credentials.storeFor(baseUrl) : createMemoryCredentialStore({ accessToken: token });
  return createCommonholdClient({ clock: systemClock, random: systemRandom, credentials: store }, { baseUrl });
}
