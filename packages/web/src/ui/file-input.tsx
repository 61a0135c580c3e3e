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
      onChange={({ currentTarget: { files } }) => {
        const file = files?.[0];
        if (file !== undefined) onFile(file);
      }}
    />
  );
}
