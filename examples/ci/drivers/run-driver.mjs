// @ts-check
import { DriverManager } from "@conveyor-ci/driver";

/**
 * Connects a driver and works until the process is told to stop. CI_INSTANCE names this instance: one
 * that comes back under its name gets at once what it left when it died, instead of after 10 s.
 *
 * @param {import("@conveyor-ci/driver").Driver} driver
 * @param {{ concurrency?: number }} [options]
 */
export async function runDriver(driver, options = {}) {
  const instance = process.env["CI_INSTANCE"];
  await new DriverManager(driver, { ...options, ...(instance && { instance }) }).run();
}
