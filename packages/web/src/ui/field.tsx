import type { FormEvent } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField, type TextFieldProps } from "react-aria-components/TextField";

type FieldProps = Omit<TextFieldProps, "children" | "className"> & {
  readonly label: string;
  readonly hint?: string;
};

/** A line to write in, with its name above it. */
export function Field({ label, hint, ...rest }: FieldProps) {
  return (
    <TextField {...rest} className="field">
      <Label>{label}</Label>
      <Input className="input" onInput={forgiveAtOnce} />
      {hint === undefined ? null : (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error" />
    </TextField>
  );
}

/**
 * What was wrong is forgotten as soon as it is right, not when the field is left: the button that is pressed next would
 * move away from under the pointer together with the words, and not be pressed.
 */
function forgiveAtOnce({ currentTarget: input }: FormEvent<HTMLInputElement>): void {
  const isMarked = input.getAttribute("aria-invalid") === "true";
  if (isMarked && input.validity.valid) input.dispatchEvent(new Event("change", { bubbles: true }));
}
