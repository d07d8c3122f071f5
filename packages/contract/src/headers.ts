/** Headers of Conveyor's own. */

/** The run that a request made. */
export const RUN_ID_HEADER = "run-id";
/** What a definition or pipeline request did: `created`, `changed` or `unchanged`. */
export const OUTCOME_HEADER = "conveyor-outcome";
