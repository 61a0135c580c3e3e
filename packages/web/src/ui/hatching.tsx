/** What a part of a bar means: each has a texture beside its colour. */
export type Tone = "main" | "less" | "bad";

/** The textures, for the charts of one drawing. */
export function Hatching({ id }: { readonly id: string }) {
  return (
    <defs>
      <pattern id={`${id}-less`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" className="hatch-less-ground" />
        <rect width="3" height="6" className="hatch-less" />
      </pattern>
      <pattern id={`${id}-bad`} width="5" height="5" patternUnits="userSpaceOnUse">
        <rect width="5" height="5" className="hatch-bad-ground" />
        <circle cx="2.5" cy="2.5" r="1.500" className="hatch-bad" />
      </pattern>
    </defs>
  );
}

export function toneFill(tone: Tone, id: string): string {
  return tone === "main" ? "var(--accent)" : `url(#${id}-${tone})`;
}
