import { Button } from "react-aria-components/Button";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";

interface SelectionBarProps {
  readonly count: number;
  /** Whether more of them are being asked for: what is done would be done with some only. */
  readonly isGathering: boolean;
  readonly onClear: () => void;
  readonly actions: readonly {
    readonly label: string;
    readonly icon: "download" | "move" | "trash" | "restore";
    readonly run: () => void;
  }[];
}

/** What can be done with all that is selected. */
export function SelectionBar({ count, isGathering, onClear, actions }: SelectionBarProps) {
  return (
    <div className="toolbar selection-bar" role="group" aria-label={filesTexts.selected(count)}>
      <Button className="icon-button" aria-label={filesTexts.clearSelection} onPress={onClear}>
        <Icon name="close" />
      </Button>
      {/* Each page on the way would be read out. */}
      <strong aria-live={isGathering ? "off" : "polite"}>
        {isGathering ? filesTexts.gathering(count) : filesTexts.selected(count)}
      </strong>
      <span className="gap" />
      {actions.map(({ label, icon, run }) => (
        <Button key={label} className="button" isDisabled={isGathering} onPress={run}>
          <Icon name={icon} />
          <span className="bar-word">{label}</span>
        </Button>
      ))}
    </div>
  );
}
