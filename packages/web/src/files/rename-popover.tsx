import { useRef, useState } from "react";
import { Input } from "react-aria-components/Input";
import { Popover } from "react-aria-components/Popover";
import { TextField } from "react-aria-components/TextField";
import { filesTexts } from "../texts/files-texts.ts";
import type { Entry } from "./entry.ts";

const WIDTH_MIN = 200;

interface RenamePopoverProps {
  readonly entry: Entry;
  /** What stands in it at first. */
  readonly name: string;
  readonly onRename: (name: string) => void;
  readonly onClose: () => void;
}

/** A name that is written anew where it stands. Enter, or going elsewhere, takes it; Escape leaves the old one. */
export function RenamePopover({ entry, name: firstName, onRename, onClose }: RenamePopoverProps) {
  const [name, setName] = useState(firstName);
  const isGivenUp = useRef(false);
  const place = useRef(nameElementOf(entry));
  const box = place.current?.getBoundingClientRect();
  const finish = (): void => {
    onClose();
    if (!isGivenUp.current) onRename(name.trim());
  };
  return (
    <Popover
      className="rename"
      aria-label={filesTexts.renameOf(entry.name)}
      triggerRef={place}
      isOpen
      onOpenChange={finish}
      placement="bottom start"
      offset={-((box?.height ?? 0) + 34) / 2}
      crossOffset={-11}
      style={{ width: Math.max(WIDTH_MIN, box?.width ?? 0) }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          finish();
        }}
      >
        <TextField
          aria-label={filesTexts.renameOf(entry.name)}
          value={name}
          onChange={setName}
          autoFocus
          maxLength={255}
          onKeyDown={({ key }) => {
            if (key !== "Escape") return;
            isGivenUp.current = true;
            finish();
          }}
        >
          <Input className="input" onFocus={({ currentTarget }) => selectStem(currentTarget, entry.kind)} />
        </TextField>
      </form>
    </Popover>
  );
}

function nameElementOf({ id }: Entry): Element | null {
  return document.querySelector(`[data-key="${CSS.escape(id)}"] .file-name`) ?? document.querySelector(".file-list");
}

/** What comes after the last point of a file's name mostly stays. */
function selectStem(input: HTMLInputElement, kind: Entry["kind"]): void {
  const { value } = input;
  const point = kind === "file" ? value.lastIndexOf(".") : -1;
  input.setSelectionRange(0, point > 0 ? point : value.length);
}
