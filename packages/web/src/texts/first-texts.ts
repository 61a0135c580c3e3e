/** For the small script that comes before all others. */
export const firstTexts = {
  failed: "The page could not be loaded whole: the connection was cut, or a newer version has just been put in place.",
  again: "Load it again",
} as const;
