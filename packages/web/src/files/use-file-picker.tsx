import { useMemo, useRef } from "react";
import { chosenFiles, type GivenFiles } from "../uploads/dropped-files.ts";

/** The browser's own windows in which files are chosen. */
export function useFilePicker(onFiles: (given: GivenFiles) => void) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const inputs = useMemo(() => {
    const common = { type: "file", multiple: true, className: "hidden", tabIndex: -1, "aria-hidden": true } as const;
    const onChange = ({ currentTarget: input }: { currentTarget: HTMLInputElement }) => {
      onFiles(chosenFiles(input.files));
      input.value = "";
    };
    return (
      <>
        <input {...common} ref={files} onChange={onChange} data-testid="file-input" />
        <input {...common} ref={folder} onChange={onChange} {...{ webkitdirectory: "" }} />
      </>
    );
  }, [onFiles]);
  return { inputs, open: (what: "files" | "folder") => (what === "files" ? files : folder).current?.click() };
}
