import { type Health, healthTexts } from "../texts/health-texts.ts";

/** Each has a shape of its own, for those who do not tell colours apart. */
const SHAPES: Readonly<Record<Health, string>> = {
  whole: "M8 14.5a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM4.900 8.200l2.200 2.200 4-4.400",
  repairing: "M8 14.5a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM8 1.500v13",
  risk: "M8 1.800 15 14H1zM8 6.500v3.300M8 12h.01",
  lost: "M8 14.5a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM5.500 5.500l5 5M10.500 5.500l-5 5",
};

/** @param word in place of the usual one */
export function HealthMark({ health, word }: { readonly health: Health; readonly word?: string }) {
  return (
    <span className={`health health-${health}`}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[health]} />
      </svg>
      {word ?? healthTexts[health].word}
    </span>
  );
}
