import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { registerArchiveRoutes } from "./archives/archive-routes.ts";
import { createArchiveTickets } from "./archives/archive-tickets.ts";
import type { CoordinatorBase } from "./coordinator.ts";
import type { TransferParts } from "./coordinator-transfers.ts";
import type { FileAnswerDeps } from "./downloads/file-answer.ts";
import { PersonalMemory } from "./downloads/personal-memory.ts";
import type { FileService } from "./files/file-service.ts";
import type { Authentication } from "./http/authentication.ts";
import type { Http } from "./http/http-server.ts";
import { registerLinkRoutes } from "./shares/link-routes.ts";
import { registerShareRoutes } from "./shares/share-routes.ts";
import { createShareService } from "./shares/share-service.ts";
import { createShareTickets } from "./shares/share-tickets.ts";
import { registerSharedDownloadRoutes } from "./shares/shared-download-routes.ts";
import { ByteBudget } from "./transfers/byte-budget.ts";

/** For the lists of what is in archives, beside what is read of their files. */
const ARCHIVE_PLANS_BYTES = 48 * 1024 * 1024;
const ARCHIVE_PLANS_OF_EACH = { bytesEachMax: ARCHIVE_PLANS_BYTES / 3, waitersEachMax: 20 };
const PLANS_WAITERS_MAX = 200;

export interface SharingDeps {
  readonly base: Pick<CoordinatorBase, "clock" | "random" | "linkHasher"> & {
    readonly metadata: Metadata;
    readonly secrets: Pick<CoordinatorBase["secrets"], "masterKey" | "tokenKey">;
  };
  readonly authentication: Pick<Authentication, "requireUser" | "requireOpenAccount">;
  readonly files: FileService;
  readonly answer: FileAnswerDeps;
  readonly transfers: Pick<TransferParts, "linkReadings">;
}

/** Ways to files beside the owner's own: links, and many files as one. */
export async function registerSharing(
  app: Http,
  { base, authentication, files, answer, transfers }: SharingDeps,
  options: { readonly ticketTtlS: number },
): Promise<void> {
  const { metadata, clock, random, linkHasher: hasher, secrets } = base;
  const shares = createShareService({ metadata, clock, random, hasher, files, masterKey: secrets.masterKey });
  const tickets = await createShareTickets({ clock, random, key: secrets.tokenKey }, { ttlS: options.ticketTtlS });
  registerShareRoutes(app, { requireUser: authentication.requireUser, shares });
  registerLinkRoutes(app, { shares, tickets, hasher, logger: answer.logger });
  registerSharedDownloadRoutes(app, { ...answer, streams: transfers.linkReadings, shares, tickets, metadata, clock });
  const archives = createArchiveTickets({ clock, random }, { ttlS: options.ticketTtlS });
  const plans = new PersonalMemory(new ByteBudget(ARCHIVE_PLANS_BYTES, PLANS_WAITERS_MAX), ARCHIVE_PLANS_OF_EACH);
  registerArchiveRoutes(app, { ...answer, authentication, metadata, files, tickets: archives, plans });
}
