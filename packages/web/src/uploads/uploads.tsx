import { lazy, Suspense } from "react";
import { useUploads } from "../app/services.tsx";

const UploadTray = lazy(() => import("./upload-tray.tsx").then((tray) => ({ default: tray.UploadTray })));

/** The tray, loaded with the first upload. */
export function Uploads() {
  const isNeeded = useUploads().length > 0;
  return <Suspense fallback={null}>{isNeeded ? <UploadTray /> : null}</Suspense>;
}
