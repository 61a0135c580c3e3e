import { useEffect, useState } from "react";
import { droppedFiles, type GivenFiles } from "../uploads/dropped-files.ts";

/**
 * Takes files that are dropped anywhere on the page: before anything in it, as lists take what is dragged within it.
 * @returns whether some hover over it now
 */
export function useFileDrop(onFiles: (given: GivenFiles) => void): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const take = (event: DragEvent): boolean => {
      if (!hasFiles(event)) return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    };
    const onOver = (event: DragEvent): void => {
      if (take(event)) setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      setOver(false);
      if (take(event) && event.dataTransfer !== null) void droppedFiles(event.dataTransfer).then(onFiles);
    };
    const listeners = [
      ["dragenter", onOver],
      ["dragover", onOver],
      ["dragleave", onLeave],
      ["drop", onDrop],
    ] as const;
    for (const [type, listener] of listeners) addEventListener(type, listener, true);
    return () => {
      for (const [type, listener] of listeners) removeEventListener(type, listener, true);
    };
  }, [onFiles]);
  return isOver;
}
