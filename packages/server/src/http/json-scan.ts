/**
 * Finds in a JSON text what `JSON.parse` does not tell: where it is broken, where it is nested too
 * deeply, members that would silently be dropped, and numbers that would silently become others.
 * Only called when there is reason to.
 */

/** What is wrong first, and where. */
export type JsonProblem =
  | {
      readonly kind: "syntax";
      readonly line: number;
      readonly column: number;
      readonly message: string;
    }
  | { readonly kind: "deep" | "number" | "twice"; readonly path: string; readonly message: string };

const MAX_SAFE = "9007199254740991";
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LITERAL = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

/** A text that may hold numbers beyond what a double keeps. */
const SUSPICIOUS_NUMBER = /[0-9]{16}|[0-9][eE]\+?[0-9]{3}/;

/** Tells quickly, from the raw text, whether a full scan could find a deep place or a bad number. */
export function isSuspicious(text: string, maxDepth: number): boolean {
  return SUSPICIOUS_NUMBER.test(text) || hasMoreOpeners(text, maxDepth);
}

/** Whether brackets open more than `limit` times; below that nothing can be nested so deeply. */
export function hasMoreOpeners(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  let count = 0;
  for (const opener of ["{", "["]) {
    for (let at = text.indexOf(opener); at !== -1; at = text.indexOf(opener, at + 1)) {
      count += 1;
      if (count > limit) return true;
    }
  }
  return false;
}

interface Frame {
  readonly isObject: boolean;
  readonly names: Set<string>;
  key: string;
  index: number;
}

class Problem extends Error {
  readonly problem: JsonProblem;
  constructor(problem: JsonProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** One pass over a text; the nesting is a stack of its own, so that no input overflows the other. */
class Scanner {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #stack: Frame[] = [];
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  scan(): void {
    this.#space();
    let isDone = this.#value();
    while (!isDone) isDone = this.#next();
    if (this.#at < this.#text.length) this.#fail("expected the end of the text");
  }

  /** Reads a value or opens a container; true: the outermost value is complete. */
  #value(): boolean {
    const char = this.#text[this.#at];
    if (char === "{" || char === "[") {
      this.#at += 1;
      this.#stack.push({ isObject: char === "{", names: new Set(), key: "", index: 0 });
      if (this.#stack.length > this.#maxDepth) {
        const message = `is nested deeper than ${this.#maxDepth} levels`;
        throw new Problem({ kind: "deep", path: this.#path(this.#maxDepth), message });
      }
      this.#space();
      if (this.#text[this.#at] === (char === "{" ? "}" : "]")) return this.#close();
      if (char === "{") this.#key();
      return false;
    }
    if (char === '"') this.#take(STRING, "expected the end of the string or a valid escape");
    else if (char === "-" || (char !== undefined && char >= "0" && char <= "9")) this.#number();
    else this.#take(LITERAL, "expected a value");
    return this.#after();
  }

  #next(): boolean {
    this.#space();
    return this.#value();
  }

  /** What follows a complete value: a comma and the next, or the ends of containers. */
  #after(): boolean {
    this.#space();
    const frame = this.#stack.at(-1);
    if (frame === undefined) return true;
    const char = this.#text[this.#at];
    if (char === ",") {
      this.#at += 1;
      frame.index += 1;
      this.#space();
      if (frame.isObject) this.#key();
      return false;
    }
    if (char === (frame.isObject ? "}" : "]")) return this.#close();
    return this.#fail(frame.isObject ? "expected ',' or '}'" : "expected ',' or ']'");
  }

  #close(): boolean {
    this.#at += 1;
    this.#stack.pop();
    return this.#after();
  }

  #key(): void {
    const frame = this.#stack.at(-1);
    if (this.#text[this.#at] !== '"') this.#fail("expected a member name in double quotes");
    const raw = this.#take(STRING, "expected the end of the string or a valid escape");
    if (frame !== undefined) this.#name(frame, raw);
    this.#space();
    if (this.#text[this.#at] !== ":") this.#fail("expected ':'");
    this.#at += 1;
  }

  #name(frame: Frame, raw: string): void {
    frame.key = raw;
    const name = String(JSON.parse(raw));
    if (frame.names.has(name)) {
      throw new Problem({ kind: "twice", path: this.#path(), message: "is there twice" });
    }
    frame.names.add(name);
  }

  #number(): void {
    const raw = this.#take(NUMBER, "expected a number");
    const isInteger = !/[.eE]/.test(raw);
    const digits = raw.startsWith("-") ? raw.slice(1) : raw;
    const isTooLarge =
      digits.length > MAX_SAFE.length || (digits.length === MAX_SAFE.length && digits > MAX_SAFE);
    if (isInteger && isTooLarge) {
      const message = "is an integer beyond ±(2^53-1), which JSON numbers do not keep";
      throw new Problem({ kind: "number", path: this.#path(), message });
    }
    if (!Number.isFinite(Number(raw))) {
      const message = "is a number beyond the range of a double";
      throw new Problem({ kind: "number", path: this.#path(), message });
    }
  }

  #take(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return this.#fail(expected);
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #path(depth = this.#stack.length): string {
    const parts = this.#stack.slice(0, depth).map((frame) => {
      const part = frame.isObject ? String(JSON.parse(frame.key || '""')) : String(frame.index);
      return part.replaceAll("~", "~0").replaceAll("/", "~1");
    });
    const path = parts.map((part) => `/${part}`).join("");
    return path.length > 400 ? `${path.slice(0, 400)}…` : path;
  }

  #fail(expected: string): never {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = this.#at - before.lastIndexOf("\n");
    const found = this.#text.codePointAt(this.#at);
    const what = found === undefined ? "the text ends" : `found ${quote(found)}`;
    const message = `${expected}, but ${what} (line ${line}, column ${column})`;
    throw new Problem({ kind: "syntax", line, column, message });
  }
}

function quote(codePoint: number): string {
  return JSON.stringify(String.fromCodePoint(codePoint));
}

/** Scans a whole text; undefined: nothing is wrong with it. */
export function findJsonProblem(text: string, maxDepth: number): JsonProblem | undefined {
  try {
    new Scanner(text, maxDepth).scan();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.problem;
    throw error;
  }
}
