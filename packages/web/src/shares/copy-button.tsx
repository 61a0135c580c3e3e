import { Button } from "react-aria-components/Button";
import { appTexts } from "../texts/app-texts.ts";
import { sharesTexts } from "../texts/shares-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { useCopy } from "../ui/use-copy.ts";

interface CopyButtonProps {
  readonly text: string;
  /** For those who do not see what it stands beside. */
  readonly label: string;
  readonly word?: string;
  readonly isStrong?: boolean;
}

export function CopyButton({ text, label, word = sharesTexts.copy, isStrong = false }: CopyButtonProps) {
  const { isPossible, isCopied, hasFailed, copy } = useCopy(text);
  const outcome = isCopied ? sharesTexts.copied : hasFailed ? appTexts.failed.notCopied : undefined;
  return (
    <Button
      className={isStrong ? "button strong" : "button"}
      aria-label={outcome ?? label}
      isDisabled={!isPossible}
      onPress={copy}
    >
      <Icon name={isCopied ? "check" : "copy"} size={16} />
      {outcome ?? word}
    </Button>
  );
}
