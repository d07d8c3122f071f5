/** The driver of the product: the SDK as its users have it. `driver.js SERVER INSTANCE` */
import { DriverManager, defineDriver } from "@conveyor-ci/driver";
import { sharedClockMs } from "../clock.ts";
import { performWorkload, reportToParent, type Workload } from "../workload.ts";
import { CONCURRENCY, DRIVER, KINDS } from "./platform.ts";

const driver = defineDriver({
  name: DRIVER,
  resources: Object.values(KINDS),
  async reconcile({ resource, runId, attempt, signal, logger }) {
    const { workload } = resource.spec as { readonly workload: Workload };
    await performWorkload(workload, { run: runId, attempt, signal, logger });
    return { success: true, message: "done", data: null };
  },
});

const [, , server = "", instance = "bench"] = process.argv;
reportToParent({ kind: "begun", at: sharedClockMs() });
await new DriverManager(driver, { server, instance, concurrency: CONCURRENCY }).run();
process.exit(0);
