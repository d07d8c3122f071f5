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

/** Words that stand for something else where the path names a driver, and so cannot name one. */
export const RESERVED_DRIVERS: readonly string[] = ["connect", "broadcast-message"];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The rule in words, for messages. */
export const NAME_RULE =
  "1 to 253 ASCII letters, digits, '-', '.' or '_', the first and the last a letter or a digit";

/** The same rule as a pattern for JSON Schema. */
export const NAME_PATTERN = NAME.source;

/** Tells whether a text may name a resource, definition, pipeline, driver or step. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Tells whether a text may name a driver. */
export function isDriverName(text: string): boolean {
  return isName(text) && !RESERVED_DRIVERS.includes(text);
}

/** Tells whether a text may name a resource definition. */
export function isKind(text: string): boolean {
  return isName(text) && !RESERVED_KINDS.includes(text.toLowerCase());
}

/** A run id as it is stored: UUIDs are read in either case (RFC 9562, section 4). */
export function normalRunId(text: string): string {
  return UUID.test(text) ? text.toLowerCase() : text;
}
