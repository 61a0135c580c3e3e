import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { sharesTexts } from "../texts/shares-texts.ts";
import { Icon } from "../ui/icon.tsx";

interface CopyButtonProps {
  readonly text: string;
  /** For those who do not see what it stands beside. */
  readonly label: string;
  readonly word?: string;
  readonly isStrong?: boolean;
}

export function CopyButton({ text, label, word = sharesTexts.copy, isStrong = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  return (
    <Button
      className={isStrong ? "button strong" : "button"}
      aria-label={copied ? sharesTexts.copied : label}
      // Browsers keep the clipboard from pages on plain http to other machines; the text can be marked there.
      isDisabled={(navigator as { readonly clipboard?: Clipboard }).clipboard === undefined}
      onPress={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      <Icon name={copied ? "check" : "copy"} size={16} />
      {copied ? sharesTexts.copied : word}
    </Button>
  );
}
