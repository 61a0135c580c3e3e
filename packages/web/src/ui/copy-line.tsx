import { Fragment, useState } from "react";
import { Button } from "react-aria-components/Button";
import { lendTexts } from "../texts/nodes-texts.ts";
import { Icon } from "./icon.tsx";

/** A command to take along. */
export function CopyLine({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="copy-line">
      <code>
        {text.split(" ").map((word, at) => (
          // The words of a command stay where they are.
          <Fragment key={at}>
            {at === 0 ? "" : " "}
            <span>{word}</span>
          </Fragment>
        ))}
      </code>
      <Button
        className="button"
        // Browsers keep the clipboard from pages on plain http to other machines; the text can be marked there.
        isDisabled={(navigator as { readonly clipboard?: Clipboard }).clipboard === undefined}
        onPress={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        <Icon name={copied ? "check" : "copy"} size={16} />
        {copied ? lendTexts.copied : lendTexts.copy}
      </Button>
    </div>
  );
}
