/** One vocabulary of health, everywhere. */
export const healthTexts = {
  whole: { word: "Whole", meaning: "Every part has all the copies that were promised." },
  repairing: { word: "Repairing", meaning: "Some parts lack copies. They are being made." },
  risk: { word: "At risk", meaning: "Some part has a single copy left. It is made first." },
  lost: { word: "Out of reach", meaning: "Some part has no copy that can be read now. It comes back with its nodes." },
} as const;

export type Health = keyof typeof healthTexts;

export const nodeStatusTexts = {
  active: { word: "Here", health: "whole", meaning: "Answers, and takes what it is given." },
  joining: { word: "Joining", health: "repairing", meaning: "Has registered, and was not heard yet." },
  suspect: {
    word: "Silent",
    health: "risk",
    meaning: "Is not heard. If it stays so it counts as dead, and what was not copied by then is copied.",
  },
  offline: { word: "Gone", health: "lost", meaning: "Counts as dead: what it held is copied from the others." },
  draining: { word: "Leaving", health: "repairing", meaning: "Serves on while its copies are made elsewhere." },
  drained: { word: "Free to go", health: "whole", meaning: "Nothing is lost if it is switched off." },
  banned: { word: "Cut off", health: "lost", meaning: "An administrator has put it out of the network." },
} as const;

export type NodeStatus = keyof typeof nodeStatusTexts;
