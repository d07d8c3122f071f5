/** Patterns of users' schemas run in linear time: RE2 refuses what could backtrack for ever. */
import { RE2JS } from "re2js";
import { spend } from "./cost.ts";

/** What a pattern costs before it reads a character, in the units of `cost.ts`. */
const BEGINNING = 4;
/** Characters that it reads for one more. */
const CHARACTERS = 4;

interface LinearPattern {
  test(text: string): boolean;
  toString(): string;
}

interface RegExpEngine {
  (pattern: string, flags: string): LinearPattern;
  code: string;
}

/**
 * For Ajv's option `code.regExp`. Ajv tells compiled patterns apart by their text, so that two
 * patterns without a `toString` of their own would be taken for one.
 */
export const linearRegExp: RegExpEngine = Object.assign(
  (pattern: string, flags: string) => {
    const compiled = RE2JS.compile(pattern);
    return {
      test: (text: string) => {
        spend(BEGINNING + text.length / CHARACTERS);
        return compiled.matcher(text).find();
      },
      toString: () => `/${pattern}/${flags}`,
    };
  },
  { code: 'require("re2js")' },
);
