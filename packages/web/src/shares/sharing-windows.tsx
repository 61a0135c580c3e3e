import { lazy, Suspense } from "react";
import { useServices, useSharing } from "../app/services.tsx";

const ShareDialog = lazy(() => import("./share-dialog.tsx").then((dialog) => ({ default: dialog.ShareDialog })));
const SealDialog = lazy(() => import("./seal-dialog.tsx").then((dialog) => ({ default: dialog.SealDialog })));
const SealedLinkSheet = lazy(() => import("./sealed-link-sheet.tsx").then((it) => ({ default: it.SealedLinkSheet })));

/** The windows of sharing, over whatever room one is in. */
export function SharingWindows() {
  const { sharing } = useServices();
  const { open, sealed } = useSharing();
  const close = () => sharing.close();
  const [first] = sealed;
  return (
    <Suspense fallback={null}>
      {open?.kind === "share" ? <ShareDialog key={open.target.fileId} target={open.target} onClose={close} /> : null}
      {open?.kind === "seal" ? <SealDialog onClose={close} /> : null}
      {first === undefined ? null : <SealedLinkSheet sealed={first} onTaken={() => sharing.taken(first)} />}
    </Suspense>
  );
}
