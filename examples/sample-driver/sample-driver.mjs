// @ts-check
/** The smallest driver: pretends to work, logs five lines and succeeds. */
import { setTimeout as pause } from "node:timers/promises";
import { defineDriver } from "@conveyor-ci/driver";

export const driver = defineDriver({
  name: "sample-driver",
  resources: ["resource-1"],
  async reconcile({ logger, signal }) {
    for (let i = 1; i <= 5; i++) {
      logger.log({ step: String(i) }, `Sample driver working... ${i}/5`);
      // Throws when the run is cancelled, so that it ends at once.
      await pause(300, undefined, { signal });
    }
    return { success: true, message: "Sample driver reconciled successfully", data: null };
  },
});
