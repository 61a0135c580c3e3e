import { DANGEROUS_CHARACTERS, REPLACEMENT_CHARACTER, terminalText } from "@commonhold/runtime/terminal-text.ts";

/** Characters that a terminal would obey, but for the sequences that only colour, which this program writes itself. */
const COLOUR_OR_DANGEROUS = new RegExp(`\\u001b\\[[0-9;]{0,16}m|${DANGEROUS_CHARACTERS.source}`, "gu");

/** Text from elsewhere, such as a file's name, made safe to show in a terminal. */
export function printable(text: string): string {
  return terminalText(text);
}

/** A whole line, whoever its words are from: colours stay, nothing else that a terminal would obey. */
export function printableLine(line: string): string {
  return line.replace(COLOUR_OR_DANGEROUS, (found) => (found.endsWith("m") ? found : REPLACEMENT_CHARACTER));
}

/** JSON that says the same and holds none of these characters (RFC 8259, 7): JSON itself escapes only the first 32. */
export function printableJson(json: string): string {
  return json.replace(DANGEROUS_CHARACTERS, (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
