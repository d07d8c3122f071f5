// @ts-check
/** Rule `mark`: nothing left for later, nothing switched off. */
import { lineAt } from "./sources.mjs";

const MARKS = /\b(?:TODO|FIXME|XXX)\b|@ts-ignore|@ts-nocheck|\.only\(|\.skip\(/g;

/**
 * @param {string} _root
 * @param {readonly import("./sources.mjs").Source[]} sources
 * @returns {import("./sources.mjs").Violation[]}
 */
export function checkMarks(_root, sources) {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(MARKS)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      rule: "mark",
      text: `"${match[0]}" is not left in the code`,
    })),
  );
}
