import { explainCoordinatorConfig } from "../config/coordinator-config.ts";
import { type EventRoutesDeps, registerEventRoutes } from "../events/event-routes.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { type NodeEventRoutesDeps, registerNodeEventRoutes } from "../nodes/node-event-routes.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { AdminLog } from "./admin-log.ts";
import { registerAdminRoutes } from "./admin-routes.ts";
import { type AdministrationDeps, createAdministration } from "./administration.ts";
import { createPeople } from "./people.ts";

export interface AdministrationParts
  extends Pick<EventRoutesDeps, "events">,
    Pick<NodeEventRoutesDeps, "directory">,
    Pick<AdministrationDeps, "clock" | "random"> {
  readonly metadata: Pick<Metadata, "read" | "apply">;
}

/** For tests: everything that admins call, and live events; the settings are the defaults. */
export function registerAdministration(
  app: Http,
  parts: AdministrationParts,
  { authentication, log }: { readonly authentication: Authentication; readonly log: AdminLog },
): void {
  registerAdminRoutes(app, {
    authentication,
    people: createPeople(parts.metadata),
    administration: createAdministration({ ...parts, log }),
    log,
    settings: explainCoordinatorConfig({ env: {} }),
  });
  registerEventRoutes(app, { requireUser: authentication.requireUser, events: parts.events });
  registerNodeEventRoutes(app, { ...parts, authentication });
}
