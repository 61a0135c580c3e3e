import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from "@tanstack/react-router";
import { Drive } from "../files/drive.tsx";
import { FilesRoom } from "../files/files-room.tsx";
import { type FileSort, knownSort } from "../files/list-requests.ts";
import { Frame } from "./frame.tsx";
import { NotFound } from "./not-found.tsx";
import { RoomFailure } from "./room-failure.tsx";

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

function readFilesSearch({ sort }: Readonly<Record<string, unknown>>): { readonly sort?: FileSort } {
  const known = knownSort(sort);
  return known === undefined ? {} : { sort: known };
}

function readSearch({ q }: Readonly<Record<string, unknown>>): { readonly q?: string } {
  // What looks like a number is read as one.
  return typeof q === "string" || typeof q === "number" ? { q: String(q).slice(0, 255) } : {};
}

/** Around all rooms in which files are listed. */
const drive = createRoute({ getParentRoute: () => root, id: "drive", component: Drive });
const files = createRoute({
  getParentRoute: () => drive,
  path: "/files",
  component: FilesRoom,
  validateSearch: readFilesSearch,
});
/** The room is the same at the root and in every folder: it reads the address by itself. */
const folder = createRoute({ getParentRoute: () => files, path: "$" });
const driveRoutes = [
  files.addChildren([folder]),
  createRoute({
    getParentRoute: () => drive,
    path: "/trash",
    component: lazyRouteComponent(() => import("../files/trash-room.tsx"), "TrashRoom"),
  }),
  createRoute({
    getParentRoute: () => drive,
    path: "/search",
    component: lazyRouteComponent(() => import("../search/search-room.tsx"), "SearchRoom"),
    validateSearch: readSearch,
  }),
] as const;

// Where everybody begins is not asked for apart: on a slow line each further answer is waited for.
const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/files", replace: true });
    },
  }),
  drive.addChildren(driveRoutes),
  createRoute({
    getParentRoute: () => root,
    path: "/network",
    component: lazyRouteComponent(() => import("../network/network-room.tsx"), "NetworkRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/lend",
    component: lazyRouteComponent(() => import("../nodes/lend-room.tsx"), "LendRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/nodes",
    component: lazyRouteComponent(() => import("../nodes/nodes-room.tsx"), "NodesRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/nodes/$id",
    component: lazyRouteComponent(() => import("../nodes/node-room.tsx"), "NodeRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/account",
    component: lazyRouteComponent(() => import("../account/account-room.tsx"), "AccountRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin/jobs",
    component: lazyRouteComponent(() => import("../admin/jobs-room.tsx"), "JobsRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin/repair",
    component: lazyRouteComponent(() => import("../admin/repair-room.tsx"), "RepairRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/shares",
    component: lazyRouteComponent(() => import("../shares/shares-room.tsx"), "SharesRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/shared/$token",
    component: lazyRouteComponent(() => import("../link-page/shared-room.tsx"), "SharedRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin/people",
    component: lazyRouteComponent(() => import("../admin/people-room.tsx"), "PeopleRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin/nodes",
    component: lazyRouteComponent(() => import("../admin/admin-nodes-room.tsx"), "AdminNodesRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin/settings",
    component: lazyRouteComponent(() => import("../admin/settings-room.tsx"), "SettingsRoom"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin/log",
    component: lazyRouteComponent(() => import("../admin/log-room.tsx"), "LogRoom"),
  }),
] as const;

export function createAppRouter(history?: RouterHistory) {
  return createRouter({
    routeTree: root.addChildren(routes),
    defaultPreload: "intent",
    defaultErrorComponent: RoomFailure,
    scrollRestoration: true,
    ...(history === undefined ? {} : { history }),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
