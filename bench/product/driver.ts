/** The driver of the product: the SDK as its users have it. `driver.js SERVER` */
import { DriverManager, defineDriver } from "@conveyor-ci/driver";
import { performWorkload, type Workload } from "../workload.ts";
import { CONCURRENCY, DRIVER, KINDS } from "./platform.ts";

const driver = defineDriver({
  name: DRIVER,
  resources: Object.values(KINDS),
  async reconcile({ resource, runId, logger }) {
    const { workload } = resource.spec as { readonly workload: Workload };
    await performWorkload(workload, { run: runId, logger });
    return { success: true, message: "done", data: null };
  },
});

await new DriverManager(driver, {
  server: process.argv[2] ?? "",
  concurrency: CONCURRENCY,
}).run();
process.exit(0);
