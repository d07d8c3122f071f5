/** Rules for the names that users choose. */

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/** Words that stand for nouns of the system in paths and commands and so cannot name a kind. */
export const RESERVED_KINDS: readonly string[] = [
  "definition",
  "definitions",
  "resource-definition",
  "resource-definitions",
  "resource",
  "resources",
  "pipeline",
  "pipelines",
  "run",
  "runs",
  "driver",
  "drivers",
  "log",
  "logs",
  "change",
  "changes",
];

/** The rule in words, for messages. */
export const NAME_RULE =
  "1 to 253 ASCII letters, digits, '-', '.' or '_', the first and the last a letter or a digit";

/** The same rule as a pattern for JSON Schema. */
export const NAME_PATTERN = NAME.source;

/** Tells whether a text may name a resource, definition, pipeline, driver or step. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Tells whether a text may name a resource definition. */
export function isKind(text: string): boolean {
  return isName(text) && !RESERVED_KINDS.includes(text.toLowerCase());
}
