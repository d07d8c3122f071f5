// @ts-check
/** Rules `name` and `size`: what a file is called and how long it is. */
import { isTest } from "./sources.mjs";

/**
 * @typedef {import("./sources.mjs").Source} Source
 * @typedef {import("./sources.mjs").Violation} Violation
 */

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = ["utils", "util", "helpers", "common", "misc", "types", "manager", "service"];

/** Nouns of the domain that end in such a word. */
const DOMAIN_NOUNS = new Set(["driver-manager"]);

const MAX_LINES = 400;
const MAX_TEST_LINES = 600;

/**
 * @param {string} path
 * @returns {string | undefined} what is wrong with it
 */
function judgeName(path) {
  const segments = path.split("/");
  const stem = (segments.at(-1) ?? "").split(".")[0] ?? "";
  const odd = [...segments.slice(0, -1), stem].find((segment) => !KEBAB.test(segment));
  if (odd !== undefined) return `"${odd}" is not kebab-case`;
  if (DOMAIN_NOUNS.has(stem)) return undefined;
  const word = EMPTY_NAMES.find((name) => stem === name || stem.endsWith(`-${name}`));
  return word && `"${word}" says nothing; name the file after its main export`;
}

/**
 * @param {string} _root
 * @param {readonly Source[]} sources
 * @returns {Violation[]}
 */
export function checkNames(_root, sources) {
  return sources.flatMap(({ path }) => {
    const text = judgeName(path);
    return text ? [{ path, line: 1, rule: "name", text }] : [];
  });
}

/**
 * @param {string} _root
 * @param {readonly Source[]} sources
 * @returns {Violation[]}
 */
export function checkSizes(_root, sources) {
  return sources.flatMap(({ path, text }) => {
    const limit = isTest(path) || path.startsWith("e2e/") ? MAX_TEST_LINES : MAX_LINES;
    const lines = text.trimEnd().split("\n").length;
    if (lines <= limit) return [];
    return [{ path, line: limit + 1, rule: "size", text: `${lines} lines, the limit is ${limit}` }];
  });
}
