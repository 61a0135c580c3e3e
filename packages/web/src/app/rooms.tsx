import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { useAccess } from "./access.tsx";
import { loadInIdleTime } from "./first-sight.ts";
import { createAppRouter } from "./router.tsx";
import { createServices, ServicesContext } from "./services.tsx";

const router = createAppRouter();

/** What is reached for most, so that it opens at once. */
void loadInIdleTime([
  () => import("../files/movable-list.tsx"),
  () => import("../ui/button-with-menu.tsx"),
  () => import("../files/drop-crumb.tsx"),
  () => import("../files/details-panel.tsx"),
  () => import("../files/preview-dialog.tsx"),
  () => import("../files/new-folder-dialog.tsx"),
  () => import("../files/rename-popover.tsx"),
  () => import("../files/move-dialog.tsx"),
  () => import("../uploads/upload-tray.tsx"),
  () => import("../uploads/send-file.ts"),
  () => import("../shares/share-dialog.tsx"),
  () => import("../search/search-room.tsx"),
  () => import("../files/trash-room.tsx"),
]);

/** All that has an address. */
export function Rooms() {
  const access = useAccess();
  const [services] = useState(() => createServices(access));
  return (
    <ServicesContext value={services}>
      <QueryClientProvider client={services.queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ServicesContext>
  );
}
