import { useState } from "react";

/** Puts a text on the clipboard, and knows what became of it: a browser may refuse. */
export function useCopy(text: string) {
  const [outcome, setOutcome] = useState<{ readonly text: string; readonly isCopied: boolean }>();
  const { clipboard } = navigator as { readonly clipboard?: Clipboard };
  const note = (isCopied: boolean) => () => setOutcome({ text, isCopied });
  return {
    // Browsers keep the clipboard from pages on plain http to other machines; the text can be marked there.
    isPossible: clipboard !== undefined,
    isCopied: outcome?.text === text && outcome.isCopied,
    hasFailed: outcome?.text === text && !outcome.isCopied,
    copy: () => void clipboard?.writeText(text).then(note(true), note(false)),
  };
}
