// @ts-check
/** The end of an output, for a message: whoever reads that a test failed wants to see what it said. */
import { stripVTControlCharacters } from "node:util";

const MAX_LINES = 15;
const MAX_CHARS = 2_000;

/** Keeps no more than it may answer, however much is pushed. */
export function keepLastLines() {
  let tail = "";
  return {
    /** @param {Buffer | string} chunk */
    push(chunk) {
      // What colours a text is longer than what is left of it.
      tail = (tail + chunk.toString()).slice(-4 * MAX_CHARS);
    },
    text() {
      const lines = stripVTControlCharacters(tail).trimEnd().split("\n").slice(-MAX_LINES);
      return lines.join("\n").slice(-MAX_CHARS).trim();
    },
  };
}
