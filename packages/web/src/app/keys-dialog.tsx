import { useState } from "react";
import { appTexts } from "../texts/app-texts.ts";
import { Sheet } from "../ui/sheet.tsx";
import { useKeys } from "../ui/use-keys.ts";

/** What `?` shows. */
export function KeysDialog() {
  const [isOpen, setOpen] = useState(false);
  useKeys({ "?": () => setOpen(true) });
  return (
    <Sheet title={appTexts.keys.title} isOpen={isOpen} onClose={() => setOpen(false)}>
      <dl className="keys">
        {appTexts.keys.list.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}
