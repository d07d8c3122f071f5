/** Text from elsewhere, made safe to print: it may hold what would drive the terminal. */
import { stripVTControlCharacters } from "node:util";

// Control characters but tab and newline, C1 included.
const CONTROLS = new RegExp("[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]", "g");

// What only sets colours and weights.
const STYLE = new RegExp("\\u001b\\[[0-9;:]*m", "g");

/** The text without anything that would drive a terminal. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROLS, "");
}

/** The text in one line. */
export function oneLine(text: string): string {
  return plainText(text.replace(/\s+/g, " ")).trim();
}

/** The text with its colours, but nothing else that would drive a terminal. */
export function styledText(text: string): string {
  let result = "";
  let from = 0;
  for (const match of text.matchAll(STYLE)) {
    result += plainText(text.slice(from, match.index)) + match[0];
    from = match.index + match[0].length;
  }
  const styled = result + plainText(text.slice(from));
  return from === 0 ? styled : `${styled}\u001b[0m`;
}
