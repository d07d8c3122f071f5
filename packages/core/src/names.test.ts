import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isDriverName,
  isKind,
  isName,
  NAME_PATTERN,
  normalRunId,
  RESERVED_DRIVERS,
  RESERVED_KINDS,
} from "./names.ts";

const END = "abcXYZ0189";
const MIDDLE = `${END}-._`;
const end = fc.constantFrom(...END);
const middle = fc.string({ unit: fc.constantFrom(...MIDDLE), maxLength: 251 });

describe("names", () => {
  it("are letters, digits, '-', '.' and '_', the first and the last a letter or a digit", () => {
    fc.assert(fc.property(end, middle, end, (a, b, c) => isName(a + b + c) && isName(a)));
  });

  it("are nothing else", () => {
    const other = fc.constantFrom(" ", "/", "\\", "\n", "\0", ":", "%", "ä", "日", "🚀", "\u200b");
    fc.assert(fc.property(middle, other, middle, (a, b, c) => !isName(a + b + c)));
    for (const text of ["", "-a", "a-", ".a", "a.", "_", "a\n", "a b", "ä", "a/b"]) {
      expect(isName(text), text).toBe(false);
    }
  });

  it("are 1 to 253 characters long", () => {
    expect(isName("a".repeat(253))).toBe(true);
    expect(isName("a".repeat(254))).toBe(false);
  });

  it("follow the pattern that the schemas publish", () => {
    const pattern = new RegExp(NAME_PATTERN);
    fc.assert(fc.property(fc.string(), (text) => pattern.test(text) === isName(text)));
  });

  it("of kinds are not those of the system's own nouns, however written", () => {
    expect(RESERVED_KINDS).toEqual(expect.arrayContaining(["runs", "resource", "drivers", "logs"]));
    for (const word of RESERVED_KINDS) {
      expect(isKind(word)).toBe(false);
      expect(isKind(word.toUpperCase())).toBe(false);
      expect(isName(word)).toBe(true);
    }
    expect(isKind("app")).toBe(true);
  });

  it("of drivers are not those that mean something else in a path", () => {
    for (const word of RESERVED_DRIVERS)
      expect([isDriverName(word), isName(word)]).toEqual([false, true]);
    expect([isDriverName("connector"), isDriverName("a b")]).toEqual([true, false]);
    expect(RESERVED_DRIVERS).toContain("connect");
  });

  it("of runs are UUIDs, and read in either case; what is none stays as it is", () => {
    fc.assert(fc.property(fc.uuid(), (id) => normalRunId(id.toUpperCase()) === id));
    expect(normalRunId("Run-A")).toBe("Run-A");
    const id = "0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B";
    for (const text of [`${id}-1`, `R${id}`]) expect(normalRunId(text)).toBe(text);
  });
});
