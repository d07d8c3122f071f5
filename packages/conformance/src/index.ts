/** @packageDocumentation One suite for each port of Conveyor's engine; run by every adapter. */
export { durableConformance, storageConformance } from "./storage-conformance.ts";
export {
  ACTOR,
  ANY_RUN,
  type Ask,
  codesOf,
  effectsOf,
  grantsOf,
  line,
  NS,
  type OpenedStorage,
  type OpenOptions,
  type OpenStorage,
  RULES,
  valueOf,
  World,
} from "./world.ts";
