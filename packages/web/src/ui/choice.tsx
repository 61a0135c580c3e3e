import { Button } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select, SelectValue } from "react-aria-components/Select";
import { Icon } from "./icon.tsx";

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
}

/** One of a few. */
export function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <Select className="choice" value={value} onChange={(key) => onChange(key as Value)}>
      <Label>{label}</Label>
      <Button className="button">
        <SelectValue />
        <Icon name="down" size={16} />
      </Button>
      <Popover className="popover">
        <ListBox className="menu">
          {options.map(([id, text]) => (
            <ListBoxItem key={id} id={id} className="menu-item">
              {text}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
