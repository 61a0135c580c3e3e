/** Control characters, and the marks that turn the direction of text: both could disguise what a terminal shows. */
export const DANGEROUS_CHARACTERS = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
export const REPLACEMENT_CHARACTER = "\ufffd";

/** Text from elsewhere, such as a file's name, made safe to show in a terminal. */
export function terminalText(text: string): string {
  return text.replace(DANGEROUS_CHARACTERS, REPLACEMENT_CHARACTER);
}
