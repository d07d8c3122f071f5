import { NAME_PATTERN, NAME_RULE, RESERVED_DRIVERS } from "@conveyor-ci/core";
import { Type } from "typebox";

/** The name of a driver that is to be: paths of the API that say something else are none. */
export const DriverName = Type.String({
  pattern: NAME_PATTERN,
  not: { enum: [...RESERVED_DRIVERS] },
  description: `${NAME_RULE}; not ${RESERVED_DRIVERS.join(" or ")}`,
});
