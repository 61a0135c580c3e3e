import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { filesTexts } from "../texts/files-texts.ts";
import { Field } from "../ui/field.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface NewFolderDialogProps {
  readonly onCreate: (name: string) => void;
  readonly onClose: () => void;
}

export function NewFolderDialog({ onCreate, onClose }: NewFolderDialogProps) {
  const [name, setName] = useState("");
  const { title, label, create } = filesTexts.newFolderDialog;
  return (
    <Sheet title={title} isOpen onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === "") return;
          onClose();
          onCreate(name.trim());
        }}
      >
        <Field label={label} value={name} onChange={setName} autoFocus maxLength={255} />
        <Button type="submit" className="button strong wide" isDisabled={name.trim() === ""}>
          {create}
        </Button>
      </form>
    </Sheet>
  );
}
