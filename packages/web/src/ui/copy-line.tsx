import { Fragment } from "react";
import { Button } from "react-aria-components/Button";
import { appTexts } from "../texts/app-texts.ts";
import { lendTexts } from "../texts/nodes-texts.ts";
import { Icon } from "./icon.tsx";
import { useCopy } from "./use-copy.ts";

/** A command to take along. */
export function CopyLine({ text }: { readonly text: string }) {
  const { isPossible, isCopied, hasFailed, copy } = useCopy(text);
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
      <Button className="button" isDisabled={!isPossible} onPress={copy}>
        <Icon name={isCopied ? "check" : "copy"} size={16} />
        {isCopied ? lendTexts.copied : hasFailed ? appTexts.failed.notCopied : lendTexts.copy}
      </Button>
    </div>
  );
}
