import { countOf } from "../format/count-of.ts";

/** What somebody sees who has a link and perhaps no account. */
export const sharedTexts = {
  title: "Shared file",
  of: (owner: string) => `shared by ${owner}`,
  ends: "ends",
  left: (count: number) => `${countOf(count, "download")} left`,
  download: "Download",
  show: "Show it here",
  counts: "To show it counts as a download; to download what is shown does not count again.",
  noPreview: "There is no preview of this type.",
  about: "Commonhold is a storage network that a community holds in common.",
  gone: {
    title: "This link leads nowhere",
    text: "It has ended, was taken back, or was not copied whole. Ask whoever gave it to you for another.",
  },
  usedUp: {
    title: "This link is used up",
    text: "It could be used for so many downloads, and these are over. Ask whoever gave it to you for another.",
  },
  password: {
    lead: "This file needs a password. Whoever gave you the link has it.",
    label: "Password",
    open: "Open",
    wrong: "That is not the password.",
  },
  sealed: {
    name: "A sealed file",
    lead: "It is opened here, in your browser, by the key in the link. No server has the key.",
    open: "Open it",
    counts: "To open it counts as a download.",
    noKey: {
      title: "The key is missing",
      text: "This link leads to a sealed file, and what stands behind the # is not here. Open the whole link, as it was given to you.",
    },
    save: "Save",
    saving: (done: string, all: string) => `${done} of ${all}`,
    cancel: "Cancel",
    saved: "Saved. Every part of it was genuine.",
    tooLarge: (size: string, max: string) =>
      `This browser can save sealed files of up to ${max}, as it has to gather them first; this one has ${size}. Use Chrome or Edge, or “commonhold receive”.`,
  },
} as const;
