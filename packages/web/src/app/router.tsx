import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from "@tanstack/react-router";
import { type FileSort, SORTS } from "../files/use-files.ts";
import { Frame } from "./frame.tsx";
import { NotFound } from "./not-found.tsx";
import { RoomFailure } from "./room-failure.tsx";

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

interface FilesSearch {
  readonly name?: string;
  readonly sort?: FileSort;
}

function readFilesSearch({ name, sort }: Readonly<Record<string, unknown>>): FilesSearch {
  const known = SORTS.find((each) => each === sort);
  return {
    ...(typeof name === "string" || typeof name === "number" ? { name: String(name).slice(0, 255) } : {}),
    ...(known === undefined ? {} : { sort: known }),
  };
}

const files = lazyRouteComponent(() => import("../files/files-room.tsx"), "FilesRoom");
const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/files", replace: true });
    },
  }),
  createRoute({ getParentRoute: () => root, path: "/files", component: files, validateSearch: readFilesSearch }),
  createRoute({
    getParentRoute: () => root,
    path: "/trash",
    component: lazyRouteComponent(() => import("../files/trash-room.tsx"), "TrashRoom"),
  }),
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
