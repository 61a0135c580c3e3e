import { useSyncExternalStore } from "react";
import { Button } from "react-aria-components/Button";
import { appTexts } from "../texts/app-texts.ts";
import { useAccess, useIsAway } from "./access.tsx";

/** What concerns the whole page: that the coordinator is away, that a newer build is here. */
export function PageNotes() {
  const { update } = useAccess();
  const isAway = useIsAway();
  const isUpdateReady = useSyncExternalStore(update.subscribe, update.isReady);
  return (
    <div role="status">
      {isAway ? <p className="page-note">{appTexts.offline}</p> : null}
      {isUpdateReady && !isAway ? (
        <p className="page-note">
          {appTexts.update.text}
          <Button className="button" onPress={() => location.reload()}>
            {appTexts.update.load}
          </Button>
        </p>
      ) : null}
    </div>
  );
}
