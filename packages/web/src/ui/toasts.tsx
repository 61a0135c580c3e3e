import { useSyncExternalStore } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { Icon } from "./icon.tsx";

export function Toasts() {
  const { toasts: queue } = useServices();
  const toasts = useSyncExternalStore(queue.subscribe, queue.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text, action }) => (
        <div
          key={id}
          className="toast"
          onPointerEnter={() => queue.hold(id)}
          onPointerLeave={() => queue.release(id)}
          onFocus={() => queue.hold(id)}
          onBlur={() => queue.release(id)}
        >
          <span>{text}</span>
          {action === undefined ? null : (
            <Button
              className="button inverse"
              onPress={() => {
                queue.dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <Button className="icon-button inverse" aria-label={appTexts.close} onPress={() => queue.dismiss(id)}>
            <Icon name="close" />
          </Button>
        </div>
      ))}
    </div>
  );
}
