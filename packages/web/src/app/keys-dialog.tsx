import { appTexts } from "../texts/app-texts.ts";
import { Sheet } from "../ui/sheet.tsx";

interface KeysDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function KeysDialog({ isOpen, onClose }: KeysDialogProps) {
  return (
    <Sheet title={appTexts.keys.title} isOpen={isOpen} onClose={onClose}>
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
