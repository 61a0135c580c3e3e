import type { RefObject } from "react";

interface FileInputProps {
  readonly input: RefObject<HTMLInputElement | null>;
  readonly testId: string;
  readonly onFile: (file: File) => void;
}

/** The browser's window in which one file is chosen; `input.current.click()` opens it. */
export function FileInput({ input, testId, onFile }: FileInputProps) {
  return (
    <input
      ref={input}
      type="file"
      className="hidden"
      tabIndex={-1}
      aria-hidden
      data-testid={testId}
      onChange={({ currentTarget }) => {
        const file = currentTarget.files?.[0];
        // The same one may be chosen again, once it was changed or the wrong one was not taken.
        currentTarget.value = "";
        if (file !== undefined) onFile(file);
      }}
    />
  );
}
