// @ts-check
/** A driver that says who it is to a control plane that asks. */
import { DriverManager, defineDriver } from "@conveyor-ci/driver";

const driver = defineDriver({
  name: "builder",
  resources: ["app"],
  async reconcile({ resource, logger }) {
    logger.info(`building ${resource.name}`);
    return { success: true, message: "built" };
  },
});

await new DriverManager(driver, { headers: { authorization: "Bearer builder-secret" } }).run();
