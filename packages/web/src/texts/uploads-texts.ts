import { countOf } from "../format/count-of.ts";

export const uploadsTexts = {
  title: "Uploads",
  moving: (count: number) => `Uploading ${countOf(count, "file")}`,
  resting: (count: number) => countOf(count, "upload"),
  allDone: (count: number) => `${countOf(count, "file")} uploaded`,
  left: (duration: string) => `${duration} left`,
  rate: (bytes: string) => `${bytes}/s`,
  collapse: "Fold the uploads",
  expand: "Unfold the uploads",
  clear: "Clear",
  pause: (name: string) => `Pause ${name}`,
  resume: (name: string) => `Resume ${name}`,
  retry: (name: string) => `Try ${name} again`,
  cancel: (name: string) => `Cancel ${name}`,
  choose: (name: string) => `Choose ${name} again`,
  states: {
    waiting: "Waiting",
    sending: "Starting",
    paused: "Paused",
    interrupted: "Interrupted. Choose the same file again to go on where it stopped.",
    interruptedAlone: "Interrupted. It goes on where it stopped.",
    done: "Uploaded",
    failed: "Failed",
  },
  retrying: "Trying again",
  notThisFile: "That is another file, or it has changed since. Drop it into the page to upload it anew.",
} as const;
