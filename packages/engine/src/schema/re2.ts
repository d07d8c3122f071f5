/** Patterns of users' schemas run in linear time: RE2 refuses what could backtrack for ever. */
import { RE2JS } from "re2js";
import { spend } from "./cost.ts";
import { patternSize } from "./pattern-size.ts";

/** What a pattern costs before it reads a character, in the units of `cost.ts`. */
const BEGINNING = 4;
/** Characters that it reads for one more. */
const CHARACTERS = 4;
/** A larger pattern may have as much more to do with each character (6 ns for each part of it). */
const SIZE = 20;

interface LinearPattern {
  test(text: string): boolean;
  toString(): string;
}

interface RegExpEngine {
  (pattern: string, flags: string): LinearPattern;
  code: string;
}

/**
 * For Ajv's option `code.regExp`; what it has compiled it keeps for as long as it lives. Ajv tells
 * compiled patterns apart by their text, so that two patterns without a `toString` of their own would
 * be taken for one.
 */
export function createLinearRegExp(): RegExpEngine {
  const known = new Map<string, LinearPattern>();
  const regExp = (pattern: string, flags: string): LinearPattern => {
    const made = known.get(pattern) ?? linearPattern(pattern, flags);
    known.set(pattern, made);
    return made;
  };
  return Object.assign(regExp, { code: 'require("re2js")' });
}

function linearPattern(pattern: string, flags: string): LinearPattern {
  const compiled = RE2JS.compile(pattern);
  const characters = CHARACTERS / Math.max(1, patternSize(pattern) / SIZE);
  return {
    test: (text: string) => {
      spend(BEGINNING + text.length / characters);
      return compiled.matcher(text).find();
    },
    toString: () => `/${pattern}/${flags}`,
  };
}
