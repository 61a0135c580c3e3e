import { Button } from "react-aria-components/Button";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";

interface SelectionBarProps {
  readonly count: number;
  readonly onClear: () => void;
  readonly actions: readonly {
    readonly label: string;
    readonly icon: "download" | "move" | "trash" | "restore";
    readonly run: () => void;
  }[];
}

/** What can be done with all that is selected. */
export function SelectionBar({ count, onClear, actions }: SelectionBarProps) {
  return (
    <div className="toolbar selection-bar" role="group" aria-label={filesTexts.selected(count)}>
      <Button className="icon-button" aria-label={filesTexts.clearSelection} onPress={onClear}>
        <Icon name="close" />
      </Button>
      <strong aria-live="polite">{filesTexts.selected(count)}</strong>
      <span className="gap" />
      {actions.map(({ label, icon, run }) => (
        <Button key={label} className="button" onPress={run}>
          <Icon name={icon} />
          <span className="bar-word">{label}</span>
        </Button>
      ))}
    </div>
  );
}
