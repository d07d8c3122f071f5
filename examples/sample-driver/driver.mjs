// @ts-check
/** Connects the sample driver to the server and works until it is told to stop. */
import { DriverManager } from "@conveyor-ci/driver";
import { driver } from "./sample-driver.mjs";

await new DriverManager(driver, { events: ["*"] }).run();
