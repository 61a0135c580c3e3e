/** Wide characters of East Asian scripts and emoji take two cells of a terminal; taking too many is harmless. */
const WIDE_FROM = 0x1100;
/** Combining marks and joiners take none of their own. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

function widthOf(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return (character.codePointAt(0) ?? 0) >= WIDE_FROM && !/[\u2000-\u2bff]/.test(character) ? 2 : 1;
}

/** Cells that a text takes in a terminal, at most. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The text, cut in its middle to fit `cells`, so that both the beginning and the ending of a name stay. */
export function fitText(text: string, cells: number): string {
  if (textWidth(text) <= cells) return text;
  if (cells < 1) return "";
  const characters = Array.from(text);
  let head = "";
  let tail = "";
  let free = cells - 1;
  for (let front = 0, back = characters.length - 1; front <= back; ) {
    const fromFront = textWidth(head) <= textWidth(tail);
    const character = characters[fromFront ? front++ : back--]!;
    free -= widthOf(character);
    if (free < 0) break;
    if (fromFront) head += character;
    else tail = character + tail;
  }
  return `${head}…${tail}`;
}
