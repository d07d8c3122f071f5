/** Rules and help for names, for clients that need nothing else of the wire. */
export {
  isDriverName,
  isName,
  NAME_PATTERN,
  NAME_RULE,
  nearestWord,
  RESERVED_DRIVERS,
} from "@conveyor-ci/core";
