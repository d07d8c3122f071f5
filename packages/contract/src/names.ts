/** Rules and help for names, for clients that need nothing else of the wire. */
export { isName, NAME_PATTERN, NAME_RULE, nearestWord } from "@conveyor-ci/core";
