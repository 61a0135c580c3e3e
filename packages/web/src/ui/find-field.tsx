import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField } from "react-aria-components/SearchField";
import { Icon } from "./icon.tsx";

interface FindFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

/** Narrows a list by what is written. */
export function FindField({ label, value, onChange }: FindFieldProps) {
  return (
    <SearchField className="search" aria-label={label} value={value} onChange={onChange}>
      <Icon name="search" />
      <Input className="input" placeholder={label} maxLength={254} />
      <Button className="icon-button clear">
        <Icon name="close" size={16} />
      </Button>
    </SearchField>
  );
}
