import { registerAdminRoutes } from "./admin/admin-routes.ts";
import { createAdministration } from "./admin/administration.ts";
import { createPeople } from "./admin/people.ts";
import type { CoordinatorBase } from "./coordinator.ts";
import { registerEventRoutes } from "./events/event-routes.ts";
import type { Authentication } from "./http/authentication.ts";
import type { Http } from "./http/http-server.ts";
import { registerNodeEventRoutes } from "./nodes/node-event-routes.ts";

/** What admins do, and what tells people of changes. */
export function registerAdministrationRoutes(app: Http, base: CoordinatorBase, authentication: Authentication): void {
  registerAdminRoutes(app, {
    authentication,
    people: createPeople(base.metadata),
    administration: createAdministration(base),
    log: base.log,
    settings: base.settings,
  });
  registerEventRoutes(app, { requireUser: authentication.requireUser, events: base.events });
  registerNodeEventRoutes(app, { ...base, authentication });
}
